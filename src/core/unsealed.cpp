#include "unsealed.hpp"

#include "callback.hpp"

namespace netaio::core {

Unsealed::~Unsealed() {
    if (started_) {
        work_->cancel();
    }
}

std::error_code Unsealed::begin(const std::shared_ptr<Unsealed>& held, const Node& node,
                                std::shared_ptr<Mailbox> mailbox, std::function<void()> done) {
    held->done_ = [mailbox = std::move(mailbox), done = std::move(done)] { mailbox->post(done); };
    return begin_work(held, node);
}

std::optional<std::error_code> Unsealed::go_on(const std::shared_ptr<Unsealed>& held,
                                               const Node& node, const Recipient& to,
                                               std::string& out) {
    const auto kept = held;
    if (!kept) {
        return std::nullopt;
    }
    auto error = kept->seal_on(node, to, out);
    const bool more = held && error == Errc::pending;
    if (more) {
        error = begin_work(held, node);
    }
    return held && (error || !more) ? std::optional(error) : std::nullopt;
}

std::error_code Unsealed::begin_work(const std::shared_ptr<Unsealed>& held, const Node& node) {
    const auto kept = held;
    const auto error = kept->start(node);
    return error || held ? error : make_error_code(Errc::closed);
}

std::error_code Unsealed::start(const Node& node) {
    started_ = true;
    return attempt(node.environment.log, "a plugin's work cannot begin",
                   [&] { work_->start(done_); })
               ? std::error_code()
               : make_error_code(Errc::auth_not_possible);
}

std::error_code Unsealed::seal_on(const Node& node, Recipient to, std::string& out) {
    started_ = false;
    to.answer = answer_;
    to.vouched = for_ ? &*for_ : nullptr;
    const auto before = work_;
    std::error_code error = Errc::auth_not_possible;
    attempt(node.environment.log, "a plugin threw at a message that waited", [&] {
        PluginContext context = node.context(to);
        context.work = &work_;
        error = seal(message_, inner_, outer_, context, to.vouched, step_);
        if (!error) {
            error = encode_message(message_, out, id_);
        } else if (error == Errc::pending && (!work_ || work_ == before)) {
            error = Errc::auth_not_possible;  // or it would wait forever
        }
    });
    return error;
}

}  // namespace netaio::core

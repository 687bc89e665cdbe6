#include "unsealed.hpp"

#include "callback.hpp"

namespace netaio::core {

Unsealed::~Unsealed() {
    if (started_) {
        work_->cancel();
    }
}

std::error_code Unsealed::start(const Node& node, std::function<void()> done) {
    started_ = true;
    return attempt(node.environment.log, "a plugin's work cannot begin",
                   [&] { work_->start(std::move(done)); })
               ? std::error_code()
               : make_error_code(Errc::auth_not_possible);
}

std::error_code Unsealed::go_on(const Node& node, Recipient to, std::string& out) {
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

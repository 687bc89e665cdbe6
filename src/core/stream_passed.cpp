#include "callback.hpp"
#include "deferred.hpp"
#include "outgoing.hpp"
#include "passed_on.hpp"
#include "stream.hpp"

/// How a stream passes messages on to its client, and answers back.
namespace netaio::core {

std::error_code Stream::pass_on(const Message& message, std::string_view field, ByteView value,
                                std::chrono::milliseconds timeout, Answer& answer) {
    settle_fan_out();
    if (state_ == State::closed) {
        return Errc::closed;
    }
    if (!passed_) {
        passed_ = std::make_unique<PassedOn>(field);
    }
    if (passed_->full() || queued_bytes() > hub_->limits().send_queue_max) {
        return Errc::queue_full;
    }
    // A view, as it goes at once. Nothing changes its bytes.
    const ByteView body = message.body().encoded();
    auto viewed = Body::over({const_cast<char*>(body.data()), body.size()});
    if (!viewed) {
        return viewed.error();
    }
    Message passed(message.type(), std::move(*viewed), message.auth().clone());
    passed.auth().set(field, value);
    const RequestId id = passed_->next_id();
    const Question asked(message.type(), hub_->node().types.answer_to(message.type()));
    std::error_code error;
    if (is_bare(*hub_->dispatcher().outer()) && !queues()) {
        error = encode_message(passed, batch_ ? *batch_ : out_, id);
        if (!error) {
            hub_->tallies().frames_out.add();
            serve([this] { appended(); });
        }
    } else {
        if (!requests_) {
            enable_requests(1);  // that plugins may work for it
        }
        error = append(passed.own(), {}, *hub_->dispatcher().outer(), id);
    }
    if (error) {
        return error;
    }
    const bool first = passed_->empty();
    passed_->add(asked, hub_->now() + timeout, std::move(answer));
    if (first) {
        serve([&] { hub_->due_at(passed_->next_deadline()); });
    }
    return {};
}

bool Stream::pass_back(Message& message) {
    auto answer = passed_ ? passed_->take(*message.request_id(), message.type()) : std::nullopt;
    if (!answer) {
        return false;
    }
    message.auth().erase(passed_->field());
    answer->pass(message);
    return true;
}

void Stream::expire_passed(TimePoint now) {
    while (auto answer = passed_ ? passed_->take_expired(now) : std::nullopt) {
        (*answer)(Refusal::error("no answer came in time"));
    }
    if (passed_ && !passed_->empty() && state_ != State::closed) {
        hub_->due_at(passed_->next_deadline());
    }
}

// Nobody answers what waits any more.
void Stream::end_passed() noexcept {
    const auto ended = std::move(passed_);
    while (ended && !ended->empty()) {
        attempt(hub_->node().environment.log, "who waits is not told", [&] {
            if (auto answer = ended->take_expired(TimePoint::max())) {
                (*answer)(Refusal::error("who was to answer has gone"));
            }
        });
    }
}

}  // namespace netaio::core

#include "../wire/fixed_fields.hpp"
#include "../wire/request_id.hpp"
#include "callback.hpp"
#include "deferred.hpp"
#include "outgoing.hpp"
#include "passed_on.hpp"
#include "stream.hpp"

/// How a stream passes messages on to its client, and answers back.
namespace netaio::core {

std::error_code Stream::pass_on(const Message& message, const AddedField& field,
                                std::chrono::milliseconds timeout, Answer& answer) {
    settle_fan_out();
    if (state_ != State::open) {
        return Errc::closed;
    }
    if (session_required_ && !sealed_) {
        return Errc::no_session;
    }
    if (!passed_) {
        passed_ = std::make_unique<PassedOn>(field.name());
    }
    if (passed_->full() || queued_bytes() > hub_->limits().send_queue_max) {
        return Errc::queue_full;
    }
    const RequestId id = passed_->next_id();
    if (const auto error = sends_bare() && message.auth().empty()
                               ? append_bare(message, field, id)
                               : append_copy(message, field, id)) {
        return error;
    }
    if (!passed_) {
        return Errc::closed;  // by what that had written
    }
    const Question asked(message.type(), hub_->node().types.answer_to(message.type()));
    if (passed_->add(asked, hub_->about_now() + timeout, std::move(answer))) {
        serve([&] { hub_->due_at(passed_->next_deadline()); });
    }
    return {};
}

// What needs no layer goes as it is.
std::error_code Stream::append_bare(const Message& message, const AddedField& field, RequestId id) {
    const wire::FixedFields* const fields = field.alone();
    if (!fields) {
        return Errc::too_large;
    }
    fields->append_frame(message, id, output());
    hub_->tallies().frames_out.add();
    serve([this] { appended(); });
    return {};
}

std::error_code Stream::append_copy(const Message& message, const AddedField& field, RequestId id) {
    if (!requests_) {
        enable_requests(PassedOn::max);  // where plugins keep what they may make anew
    }
    OwnedMessage copy = message.own();
    field.add_to(copy.auth());
    return append(std::move(copy), {}, *hub_->dispatcher().outer(*this), id);
}

bool Stream::pass_back(Message& message) {
    const RequestId id = *message.request_id();
    if (!passed_ || !passed_->find(id, message.type())) {
        return false;
    }
    message.auth().erase(passed_->field());
    passed_->take(id).pass(message);
    return true;
}

// What no layer is for, here or where it goes, is spared of becoming a message. It is taken out
// before it goes, as that may end this very stream.
bool Stream::pass_back_as_it_is(const Frame& frame) {
    if (!may_go_as_it_is(frame)) {
        return false;
    }
    hub_->tallies().frames_in.add();
    passed_->take(wire::lone_request_id(frame.auth)).deferred_->pass(frame);
    return true;
}

bool Stream::may_go_as_it_is(const Frame& frame) noexcept {
    try {
        if (sealing_ || stranger_ || !wire::is_lone_request_id(frame.auth) ||
            !hub_->dispatcher().outer_is_bare()) {
            return false;
        }
        const RequestId id = wire::lone_request_id(frame.auth);
        const Answer* const waits = passed_->find(id, frame.header.type);
        return waits && waits->deferred_ && waits->deferred_->takes(frame) && frame.checksum_ok();
    } catch (...) {
        return false;  // no memory for a layer that is another now, which receive() will say
    }
}

void Stream::expire_passed(TimePoint now) {
    while (auto answer = passed_ ? passed_->take_expired(now) : std::nullopt) {
        (*answer)(Refusal::error("no answer came in time"));
    }
    if (passed_ && !passed_->empty() && state_ != State::closed) {
        hub_->due_at(passed_->next_deadline());
    } else if (state_ == State::draining) {
        flush_later();
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

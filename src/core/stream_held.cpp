#include <iterator>
#include <utility>

#include "callback.hpp"
#include "stream.hpp"

/// How a stream has messages wait for the work of auth plugins, each in its place in the queue, and
/// makes requests anew. Cold, as most streams do neither.
namespace netaio::core {

// In the queue, without a frame until the work is done.
struct Stream::Held {
    std::shared_ptr<Unsealed> unsealed;  // until then; shared, as plugins may end what they work on
    std::optional<RequestId> request;
    std::size_t size;
    Queue::iterator at = {};
    std::shared_ptr<void> loop_runs = nullptr;  // while it waits
};

[[gnu::cold]] std::error_code Stream::hold(std::unique_ptr<Unsealed>&& reply, std::string& out) {
    emit(out);
    out.clear();
    return hold(std::move(reply), false, queue_.end());
}

// The work of several may go on at the same time: of how many, the queue's bound says.
[[gnu::cold]] std::error_code Stream::hold(std::unique_ptr<Unsealed>&& unsealed, bool pushed,
                                           Queue::iterator before) {
    if (state_ == State::closed) {
        return Errc::closed;
    }
    const std::size_t size = unsealed->size();
    if (pushed) {
        if (const auto error = make_room(size)) {
            return error;
        }
    }
    const auto request = pushed && requests_ ? unsealed->id() : std::nullopt;
    const auto held = std::make_shared<Held>(Held{std::move(unsealed), request, size});
    held->loop_runs = hub_->keep_running();
    held->at = queue_.insert(before, {nullptr, pushed && !request, nullptr, held});
    queue_bytes_ += size;
    ++works_;
    holding_ = true;
    if (request) {
        requests_->set_unsent(*request, true);
    }
    const auto error = Unsealed::begin(held->unsealed, hub_->node(), hub_->mailbox(),
                                       [weak = weak_from_this(), waiting = std::weak_ptr(held)] {
                                           const auto stream = weak.lock();
                                           const auto there = waiting.lock();
                                           if (stream && there) {
                                               stream->serve([&] { stream->work_done(there); });
                                           }
                                       });
    if (error && held->unsealed) {
        drop(held->at);
        hub_->tallies().send_failures.add();
        serve([this] { flush_later(); });
    }
    return error;
}

// A request behind others that wait, of which the last in the queue is the message.
[[gnu::cold]] void Stream::note_unsent(RequestId request) {
    const auto at = std::prev(queue_.end());
    at->held = std::make_shared<Held>(Held{nullptr, request, at->frame->size(), at});
    requests_->set_unsent(request, true);
}

[[gnu::cold]] void Stream::work_done(const std::shared_ptr<Held>& held) {
    const auto peer = hub_->node().peer_at(ends_.remote);
    auto frame = std::make_shared<std::string>();
    auto error =
        Unsealed::go_on(held->unsealed, hub_->node(), {peer.get(), nullptr, &ends_.remote}, *frame);
    if (!error) {
        return;
    }
    if (sealed_ && !*error && frame->size() > Session::frame_max) {
        error = Errc::too_large;
    }
    if (*error) {
        fail(held, *error);
    } else {
        held->unsealed = nullptr;
        held->loop_runs = nullptr;
        --works_;
        queue_bytes_ = queue_bytes_ - held->size + frame->size();
        held->size = frame->size();
        held->at->frame = std::move(frame);
        hub_->tallies().frames_out.add();
    }
    if (state_ != State::closed) {
        flush_later();
    }
}

void Stream::fail(const std::shared_ptr<Held>& held, std::error_code why) {
    drop(held->at);
    hub_->tallies().send_failures.add();
    if (!held->request) {
        log_unsent(why);
    } else if (auto completion = requests_->forget_unsent(*held->request)) {
        end(completion, why, hub_->node().environment.log);
    }
}

// Whether the first of the queue waits for nothing any more.
[[gnu::cold]] bool Stream::may_leave(const Queued& first) {
    if (first.held->unsealed) {
        return false;
    }
    if (first.held->request) {
        requests_->set_unsent(*first.held->request, false);
    }
    return true;
}

// A request ended before it was sent.
[[gnu::cold]] void Stream::take_out(RequestId request) {
    for (auto entry = queue_.begin(); entry != queue_.end(); ++entry) {
        if (entry->held && entry->held->request == request) {
            drop(entry);
            serve([this] { flush_later(); });
            return;
        }
    }
}

Stream::Queue::iterator Stream::drop(Queue::iterator entry) noexcept {
    const auto held = entry->held;
    queue_bytes_ -= held ? held->size : entry->frame->size();
    const auto next = queue_.erase(entry);
    if (held && held->unsealed) {
        --works_;
        held->unsealed = nullptr;
        held->loop_runs = nullptr;
    }
    return next;
}

void Stream::end_queue() noexcept {
    Queue ends;
    ends.swap(queue_);
    queue_bytes_ = 0;
    works_ = 0;
    holding_ = false;
    for (const Queued& each : ends) {
        if (each.held) {
            each.held->unsealed = nullptr;  // whoever goes on with it sees that it has ended
            each.held->loop_runs = nullptr;
        }
    }
}

[[gnu::cold]] bool Stream::retry(RequestId request) {
    const RequestTable::Request* const asked = requests_->retry(request);
    if (!asked) {
        return false;
    }
    const RequestTable::Id id = asked->id;
    const Plugins inner = asked->inner;
    std::error_code error = Errc::auth_not_possible;
    attempt(hub_->node().environment.log, "a request is not made anew", [&] {
        error = append(asked->retry->message.own(), inner, *hub_->dispatcher().outer(*this),
                       RequestTable::on_wire(id));
    });
    if (auto completion = error ? requests_->forget(id) : RequestTable::Completion()) {
        end(completion, error, hub_->node().environment.log);
    }
    return true;
}

}  // namespace netaio::core

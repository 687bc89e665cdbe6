#include "hub.hpp"

#include <algorithm>

#include "callback.hpp"
#include "stream.hpp"

namespace netaio::core {
namespace {

constexpr std::size_t batch_keep_max = 1 << 20;

}  // namespace

Hub::Hub(std::shared_ptr<Node> node, const StreamLimits& limits)
    : node_(std::move(node)),
      limits_(limits),
      dispatcher_(*node_, tallies_),
      exact_(limits.subscriptions_max, limits.subscriptions_total_max, node_->subscription_bytes),
      prefixes_(limits.subscriptions_max, limits.subscriptions_total_max,
                node_->subscription_bytes) {}

// A fraction of the shortest, so that none is missed by much.
std::chrono::milliseconds Hub::check_interval() const noexcept {
    using std::chrono::milliseconds;
    milliseconds shortest{4000};
    for (const milliseconds limit : {limits_.idle_timeout, limits_.frame_timeout,
                                     limits_.send_timeout, limits_.stranger_timeout}) {
        shortest = std::min(shortest, limit);
    }
    return std::max(shortest / 4, milliseconds(5));
}

void Hub::give_batch(std::string&& batch) noexcept {
    batch.clear();
    if (batch.capacity() <= batch_keep_max) {
        batch_ = std::move(batch);
    }
}

void Hub::add(std::shared_ptr<Stream> stream) {
    const Stream& added = *streams_.emplace(stream->id(), stream).first->second;
    node_->log(LogLevel::debug, "connected", added.remote());
    everyone_.reset();
    tallies_.connections.add();
    tallies_.connections_accepted.add();
    // One time for all connections costs them nothing while they are busy.
    if (check_at_ == TimePoint::max()) {
        checked_at_ = now();
        check_at_ = checked_at_ + check_interval();
        wake();
    }
}

// Takes no memory: a connection has to end also where there is none.
void Hub::remove(Stream& stream) {
    {
        const std::lock_guard lock(subscriptions_mutex_);
        exact_.remove_all(stream.self());
        prefixes_.remove_all(stream.self());
        permitted_.clear();
    }
    fed_.erase(stream.id());
    if (streams_.erase(stream.id()) > 0) {
        everyone_.reset();
        tallies_.connections.sub();
    }
    if (streams_.empty()) {
        check_at_ = TimePoint::max();
        due_at_ = TimePoint::max();
        wake();
    }
}

std::vector<std::shared_ptr<Stream>> Hub::streams() const {
    std::vector<std::shared_ptr<Stream>> all;
    all.reserve(streams_.size());
    for (const auto& [id, stream] : streams_) {
        all.push_back(stream);
    }
    return all;
}

const Receivers& Hub::everyone() {
    if (!everyone_) {
        auto all = std::make_shared<std::vector<std::shared_ptr<Receiver>>>();
        all->reserve(streams_.size());
        for (const auto& [id, stream] : streams_) {
            all->push_back(stream);
        }
        everyone_ = std::move(all);
    }
    return everyone_;
}

void Hub::close_sessions_of_other_secrets() {
    for (const auto& stream : streams()) {
        stream->serve([&] { stream->close_with_other_secrets(); });
    }
}

std::size_t Hub::queued_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const auto& [id, stream] : streams_) {
        bytes += stream->queued_bytes();
    }
    return bytes;
}

void Hub::abort_all(std::error_code why) noexcept {
    while (!streams_.empty()) {
        const auto stream = streams_.begin()->second;
        stream->abort(why);
    }
}

void Hub::cancel_orphans() noexcept {
    for (const auto& stream : std::exchange(orphans_, {})) {
        stream->cancel_handlers();
    }
}

void Hub::drop_orphans() {
    for (const auto& stream : std::exchange(orphans_, {})) {
        stream->drop_handlers();
    }
}

void Hub::flush_later(std::shared_ptr<Stream> stream) {
    dirty_.push_back(std::move(stream));
    need_turn();
}

void Hub::gone(const Address& remote) {
    if (!node_->peers.empty()) {
        gone_.push_back(remote);
        need_turn();
    }
}

void Hub::due_at(TimePoint deadline) {
    // Mostly an earlier request's deadline is waited for; the next is looked for then.
    if (deadline < due_at_) {
        const auto before = std::exchange(due_at_, deadline);
        try {
            wake();
        } catch (...) {
            due_at_ = before;
            throw;
        }
    }
}

void Hub::need_turn() {
    if (!turn_needed_) {
        turn_later();
        turn_needed_ = true;
    }
}

void Hub::flush() {
    settle(true);
    auto dirty = std::exchange(dirty_, {});
    for (const auto& stream : dirty) {
        stream->serve([&] { stream->turn(); });
    }
    dirty.clear();
    if (dirty_.empty()) {
        dirty_.swap(dirty);  // its memory is for the next
    }
}

void Hub::turn() {
    turn_needed_ = false;
    asked_at_.reset();
    flush();
    while (!gone_.empty()) {
        const Address remote = gone_.front();
        gone_.pop_front();
        node_->peers.remove_address(remote);
    }
}

void Hub::tick() {
    const auto time = now();
    const bool check = check_at_ <= time;
    if (check) {
        checked_at_ = time;
        check_at_ = streams_.empty() ? TimePoint::max() : time + check_interval();
    }
    if (due_at_ <= time) {
        const auto all = streams();
        due_at_ = TimePoint::max();
        for (const auto& stream : all) {
            stream->serve([&] { stream->expire_requests(time); });
        }
    }
    if (check) {
        for (const auto& stream : streams()) {
            stream->serve([&] { stream->check_limits(time); });
        }
    }
}

std::optional<Hub::TimePoint> Hub::next() const {
    const auto soonest = std::min(check_at_, due_at_);
    return stopped_ || soonest == TimePoint::max() ? std::nullopt : std::optional(soonest);
}

void Hub::give(const Receivers& to, const SharedFrames& frames) {
    if (to->empty()) {
        return;
    }
    // The end of a connection may have more given.
    while (fan_out_.pending() && !fan_out_.is_for(to)) {
        settle();
    }
    fan_out_.add(to, frames);
    // Who is notified of what it does itself gets that before the reply.
    if (processed_ && processed_->expects_fan_out()) {
        settle();
    } else if (fan_out_.size() > std::min(FanOut::size_max, limits_.send_queue_max)) {
        settle(true);
    } else {
        need_turn();
    }
}

void Hub::settle(bool at_once) {
    if (fan_out_.pending()) {
        tallies_.frames_out.add(fan_out_.settle(at_once));
    }
}

void Hub::stop() {
    stopped_ = true;
    flush();
    // They own this hub, and nothing may be left to run that would let go of them.
    fan_out_ = {};
    dirty_.clear();
    wake();
}

bool Hub::has_unsent() const {
    return fan_out_.pending() || std::ranges::any_of(streams_, [](const auto& entry) {
               return entry.second->has_unsent();
           });
}

}  // namespace netaio::core

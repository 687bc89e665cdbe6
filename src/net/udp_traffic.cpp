#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include "udp_sockets.hpp"

/// How datagrams are received and sent, many at a time.
namespace netaio::net {
namespace {

// Batches received before others get their turn.
constexpr int batches_per_turn = 4;
// How long a socket rests that can't be received from, time after time.
constexpr std::chrono::milliseconds rest(100);

}  // namespace

void UdpSockets::Socket::input_came(boost::system::error_code error) {
    waiting = false;
    const auto sockets = owner.lock();
    if (!error && sockets && sockets->open_) {
        sockets->receive_from(shared_from_this());
    }
}

void UdpSockets::receive_later(std::shared_ptr<Socket> socket) {
    boost::asio::post(executor_, [weak = weak_from_this(), socket = std::move(socket)] {
        if (const auto self = weak.lock(); self && self->open_ && socket->is_open()) {
            self->receive_from(socket);
        }
    });
}

void UdpSockets::receive_from(const std::shared_ptr<Socket>& socket) {
    if (socket->resting) {
        return;
    }
    if (!std::exchange(socket->ring_looked_for, true)) {
        socket->ring = open_datagram_ring(
            *socket, socket,
            [weak = weak_from_this()](ByteView bytes, const Address& to, std::error_code error) {
                if (const auto self = weak.lock()) {
                    self->not_sent(bytes, to, error);
                }
            });
    }
    if (!socket->ring && !std::exchange(socket->waiting, true)) {
        wait_for_input(*socket, socket);
    }
    const bool more = socket->ring ? receive_one(*socket) : receive_batches(*socket);
    if (!open_) {
        return;
    }
    listener_.batch_ended();
    if (!open_) {
        return;
    }
    if (more) {
        receive_later(socket);
    } else if (socket->ring && !socket->resting) {
        socket->ring->wait();
    }
}

// What the ring received, and what came behind it: where datagrams come alone, that is looked for
// only now and then, as to look costs a system call.
bool UdpSockets::receive_one(Socket& socket) {
    constexpr unsigned look_every = 8;
    std::error_code error;
    const auto arrival = socket.ring->take(error);
    if (error && !receive_failed(socket, error)) {
        return false;
    }
    socket.failing = socket.failing && !arrival;
    if (arrival && !received(*arrival, socket.group)) {
        return false;
    }
    if (arrival && socket.alone && ++socket.alone_for % look_every != 0) {
        return false;
    }
    return receive_batches(socket);
}

// Whether to go on later. A handler that runs the loop has more received, by another receiver.
bool UdpSockets::receive_batches(Socket& socket) {
    struct Taken {
        std::unique_ptr<DatagramReceiver>& from;
        std::unique_ptr<DatagramReceiver> receiver =
            from ? std::move(from) : std::make_unique<DatagramReceiver>();
        ~Taken() { from = std::move(receiver); }
    };
    const Taken taken{receiver_};
    return receive_batches(socket, *taken.receiver);
}

bool UdpSockets::receive_batches(Socket& socket, DatagramReceiver& receiver) {
    bool maybe_more = true;
    for (int batch = 0; maybe_more && batch < batches_per_turn; ++batch) {
        std::error_code error;
        const auto arrivals = receiver.receive(socket, error);
        socket.alone = receiver.none();
        if (error) {
            return receive_failed(socket, error);
        }
        socket.failing = socket.failing && arrivals.empty();
        for (const Arrival& arrival : arrivals) {
            if (!received(arrival, socket.group)) {
                return false;
            }
        }
        maybe_more = receiver.full();
    }
    return maybe_more;
}

// Whether to go on later, as an error says nothing of what came behind it. One that stays is said
// once, and looked at now and then.
bool UdpSockets::receive_failed(Socket& socket, const std::error_code& error) {
    const bool again = std::exchange(socket.failing, true);
    log_(again ? LogLevel::debug : LogLevel::warning, "cannot receive: " + error.message());
    if (!again) {
        return true;
    }
    socket.resting = true;
    const auto timer = std::make_shared<boost::asio::steady_timer>(executor_, rest);
    timer->async_wait([weak = weak_from_this(), resting = std::weak_ptr(socket.shared_from_this()),
                       timer](boost::system::error_code) {
        const auto self = weak.lock();
        const auto rested = resting.lock();
        if (self && self->open_ && rested) {
            rested->resting = false;
            self->receive_from(rested);
        }
    });
    return false;
}

// False when that closed the sockets.
bool UdpSockets::received(const Arrival& arrival, bool group) {
    if (is_meant_for_us(arrival, group)) {
        listener_.received(arrival.bytes, arrival.from, group);
    }
    return open_;
}

bool UdpSockets::is_own(const Address& from) const {
    return own_addresses_.contains(from.with_port(0));
}

bool UdpSockets::is_this_node(const Address& to) const {
    const Sender* sender = sender_for(to);
    boost::system::error_code failed;
    return sender && to.port() == sender->socket->local_endpoint(failed).port() && is_own(to);
}

bool UdpSockets::is_meant_for_us(const Arrival& arrival, bool group) const {
    if (options_.ignore_own_addresses && is_own(arrival.from)) {
        return false;
    }
    if (group) {
        return !is_this_node(arrival.from);  // the group's sockets hear it, too
    }
    if (options_.interfaces.empty() || arrival.interface == 0) {
        return true;
    }
    // What this machine sends to itself comes in by loopback, whatever the address.
    return memberships_.contains(arrival.interface) || is_own(arrival.from);
}

void UdpSockets::send(core::Outbox& box) {
    if (box.items.empty()) {
        return;
    }
    std::array<std::size_t, 2> before{};
    for (std::size_t i = 0; i < 2; ++i) {
        before[i] = senders()[i] ? senders()[i]->queue.size() : 0;
    }
    for (const core::Outbox::Item& item : box.items) {
        queue(item, box);
    }
    const bool some4 = sender4_ && sender4_->queue.size() > before[0];
    const bool some6 = sender6_ && sender6_->queue.size() > before[1];
    if (some4) {
        take_bytes(*sender4_, before[0], box, !some6);
    }
    if (some6) {
        take_bytes(*sender6_, before[1], box, true);
    }
    box.clear();
    for (Sender* sender : senders()) {
        if (sender) {
            flush(*sender);
        }
    }
}

void UdpSockets::queue(const core::Outbox::Item& item, const core::Outbox& box) {
    if (!item.to_group) {
        if (Sender* sender = sender_for(item.to)) {
            sender->queue.push_back(
                {.at = item.at, .size = item.size, .to = item.to, .whole = item.whole});
        } else {
            tallies_.send_failures.add();
            log_(LogLevel::warning, "not sent to " + item.to.str() + ": this node does not use " +
                                        (item.to.is_v6() ? "IPv6" : "IPv4"));
            listener_.not_sent(box.view(item), item.to,
                               make_error_code(std::errc::address_family_not_supported));
        }
        return;
    }
    for (const auto& [interface, membership] : memberships_) {
        if (membership.group4) {
            sender4_->queue.push_back({item.at, item.size, group4_, interface, membership.local4});
        }
        if (membership.group6) {
            const Address scoped(group6_.ip(), group6_.port(), interface);
            sender6_->queue.push_back({item.at, item.size, scoped, interface});
        }
    }
}

// Of what was queued from `before` on; the box's own when nobody else needs them. Departures may
// share their bytes, but each takes memory.
void UdpSockets::take_bytes(Sender& sender, std::size_t before, core::Outbox& box, bool alone) {
    const std::size_t base = sender.bytes.size();
    const auto added = std::span(sender.queue).subspan(before);
    if (base == 0 && alone) {
        sender.bytes.swap(box.bytes);
        return;
    }
    if (base == 0 || base + box.bytes.size() + sender.queue.size() * sizeof(Departure) <=
                         options_.send_queue_max) {
        sender.bytes.append(box.bytes);
        for (Departure& departure : added) {
            departure.at += base;
        }
        return;
    }
    tallies_.dropped_newest.add(added.size());
    log_(LogLevel::warning, "dropped datagrams: send_queue_max bytes wait already");
    for (const Departure& departure : added) {
        listener_.not_sent(ByteView(box.bytes).substr(departure.at, departure.size), departure.to,
                           Errc::queue_full);
    }
    sender.queue.resize(before);
}

void UdpSockets::flush(Sender& sender) {
    while (!sender.blocked && sender.sent < sender.queue.size()) {
        std::error_code error;
        const auto waiting = std::span<const Departure>(sender.queue).subspan(sender.sent);
        const std::size_t count = send_first(sender, waiting, error);
        for (const Departure& departure : waiting.first(count)) {
            tallies_.bytes_out.add(departure.size);
        }
        sender.sent += count;
        if (would_block(error)) {
            wait_writable(sender);
        } else if (error) {
            const Departure& departure = waiting[count];
            failed(ByteView(sender.bytes).substr(departure.at, departure.size), departure, error);
            ++sender.sent;
        }
    }
    tidy(sender);
}

// Lets go of what was sent, when it is as much as what waits: a sender that never catches up must
// not be taken for one that sends nothing.
void UdpSockets::tidy(Sender& sender) {
    if (sender.sent >= sender.queue.size()) {
        sender.queue.clear();
        sender.bytes.clear();
        sender.sent = 0;
    } else if (sender.sent >= sender.queue.size() - sender.sent) {
        sender.queue.erase(sender.queue.begin(),
                           sender.queue.begin() + static_cast<std::ptrdiff_t>(sender.sent));
        sender.sent = 0;
        const std::size_t first = std::ranges::min_element(sender.queue, {}, &Departure::at)->at;
        sender.bytes.erase(0, first);
        for (Departure& departure : sender.queue) {
            departure.at -= first;
        }
    }
}

// One by the ring, many at once, and in order.
std::size_t UdpSockets::send_first(Sender& sender, std::span<const Departure> waiting,
                                   std::error_code& error) {
    Socket& socket = *sender.socket;
    if (socket.ring) {
        if (waiting.size() == 1 && !waiting.front().whole &&
            socket.ring->send(sender.bytes.data(), waiting.front())) {
            return 1;
        }
        socket.ring->settle();
    }
    if (waiting.front().whole) {
        return send_whole(socket, sender.bytes.data(), waiting.front(), error) ? 1 : 0;
    }
    const auto first_whole = std::ranges::find(waiting, true, &Departure::whole);
    return send_datagrams(socket, sender.bytes.data(), {waiting.begin(), first_whole}, error);
}

void UdpSockets::not_sent(ByteView bytes, const Address& to, std::error_code error) {
    tallies_.bytes_out.sub(bytes.size());
    // The loop must not end before, and what is posted counts only later.
    boost::asio::post(executor_, [weak = weak_from_this(), bytes = bytes.str(), to, error,
                                  work = boost::asio::make_work_guard(executor_)] {
        const auto self = weak.lock();
        Sender* const sender = self && self->open_ ? self->sender_for(to) : nullptr;
        if (!sender) {
            return;
        }
        const Departure departure{sender->bytes.size(), bytes.size(), to};
        if (!would_block(error)) {
            self->failed(bytes, departure, error);
            return;
        }
        sender->bytes.append(bytes);
        sender->queue.insert(sender->queue.begin() + static_cast<std::ptrdiff_t>(sender->sent),
                             departure);
        if (!sender->blocked) {
            self->wait_writable(*sender);
        }
    });
}

void UdpSockets::failed(ByteView bytes, const Departure& departure, const std::error_code& error) {
    tallies_.send_failures.add(departure.whole ? 0 : 1);  // those were only tried
    log_(first_to_fail(departure) ? LogLevel::warning : LogLevel::debug,
         "not sent to " + departure.to.str() + ": " + error.message());
    listener_.not_sent(bytes, departure.to, error);
}

// A group that cannot be reached by an interface is worth a warning, once: the node is alone there.
bool UdpSockets::first_to_fail(const Departure& departure) {
    const auto found = memberships_.find(departure.interface);
    if (departure.interface == 0 || found == memberships_.end()) {
        return false;
    }
    Membership& membership = found->second;
    return !std::exchange(departure.to.is_v6() ? membership.failed6 : membership.failed4, true);
}

void UdpSockets::wait_writable(Sender& sender) {
    sender.blocked = true;
    const auto go_on = [weak = weak_from_this(), v6 = &sender == sender6_.get()] {
        if (const auto self = weak.lock(); self && self->open_) {
            Sender& ready = v6 ? *self->sender6_ : *self->sender4_;
            ready.blocked = false;
            self->flush(ready);
        }
    };
    if (sender.socket->ring) {
        sender.socket->ring->wait_writable(go_on);
        return;
    }
    sender.socket->async_wait(boost::asio::socket_base::wait_write,
                              [go_on](boost::system::error_code error) {
                                  if (!error) {
                                      go_on();
                                  }
                              });
}

}  // namespace netaio::net

#include "udp_sockets.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "endpoint.hpp"
#include "sockets.hpp"

/// How a UDP node's sockets are opened, and follow the interfaces.
namespace netaio::net {
namespace {

using boost::asio::ip::udp;

// Changes come in bursts: links, then addresses, then addresses that may be used.
constexpr std::chrono::milliseconds settling(250);

std::set<std::pair<std::uint32_t, Address>> used_addresses(
    const std::vector<InterfaceChoice>& choices) {
    std::set<std::pair<std::uint32_t, Address>> used;
    for (const InterfaceChoice& choice : choices) {
        for (const Address& address : choice.interface.addresses) {
            if (choice.used) {
                used.emplace(choice.interface.index, address);
            }
        }
    }
    return used;
}

}  // namespace

UdpSockets::UdpSockets(const boost::asio::any_io_executor& executor, const UdpNodeOptions& options,
                       const Log& log, core::Tallies& tallies, Listener listener)
    : executor_(executor),
      options_(options),
      log_(log),
      tallies_(tallies),
      listener_(std::move(listener)),
      settle_timer_(executor) {}

std::error_code UdpSockets::open() {
    std::error_code error4;
    std::error_code error6;
    if (options_.ipv4) {
        error4 = open_sender(false);
    }
    if (options_.ipv6) {
        error6 = open_sender(true);
    }
    if (!sender4_ && !sender6_) {
        return options_.ipv4 ? error4 : error6;
    }
    const auto own = (sender4_ ? *sender4_ : *sender6_).socket->local_endpoint();
    const std::uint16_t port = options_.port != 0 ? options_.port : own.port();
    group4_ = *Address::parse(options_.group4, port);
    group6_ = *Address::parse(options_.group6, port);
    if (sender4_ && options_.multicasts) {
        if (const auto error = open_group(group4_, 0, group_sockets4_.emplace_back())) {
            log_(LogLevel::error, "cannot share port " + std::to_string(port) +
                                      ", another program has it for itself: " + error.message());
            close();
            return error;
        }
    }
    open_ = true;
    for (const auto& socket : group_sockets4_) {
        receive_later(socket);
    }
    update_interfaces();
    if (std::ranges::none_of(choices_, &InterfaceChoice::used)) {
        log_(LogLevel::warning, "no interface can be used yet");
    }
    watch();
    for (const Sender* sender : senders()) {
        if (sender) {
            receive_later(sender->socket);
        }
    }
    return {};
}

// Opens the socket for one family, with a port of its own when another node has the one asked for.
std::error_code UdpSockets::open_sender(bool v6) {
    auto sender = std::make_unique<Sender>();
    sender->socket = std::make_shared<Socket>(executor_, weak_from_this());
    boost::system::error_code failed;
    open_socket(*sender->socket, v6 ? udp::v6() : udp::v4(), failed);
    if (failed) {
        return failed;
    }
    auto error = prepare_unicast(*sender->socket, options_.hops, !options_.interfaces.empty());
    if (error) {
        return error;
    }
    // With port 0, both families use the one picked for the first.
    const std::uint16_t wanted = options_.port != 0 ? options_.port
                                 : sender4_         ? sender4_->socket->local_endpoint().port()
                                                    : std::uint16_t{0};
    error = bind_unicast(*sender->socket, wanted);
    if (error == std::errc::address_in_use) {
        error = bind_unicast(*sender->socket, 0);
    }
    if (error) {
        return error;
    }
    give_buffer(*sender->socket);
    sender->socket->non_blocking(true, failed);
    (v6 ? sender6_ : sender4_) = std::move(sender);
    return {};
}

void UdpSockets::give_buffer(Socket& socket) {
    if (options_.receive_buffer <= 0) {
        return;
    }
    const int given = set_receive_buffer(socket, options_.receive_buffer);
    if (given < options_.receive_buffer && !std::exchange(told_of_buffer_, true)) {
        log_(LogLevel::warning, "the system keeps only " + std::to_string(given) +
                                    " bytes of the " + std::to_string(options_.receive_buffer) +
                                    " of receive_buffer, what comes in bursts may get lost: raise "
                                    "net.core.rmem_max");
    }
}

// Opens a socket that hears the group: over IPv6 on one interface, over IPv4 where it will join.
std::error_code UdpSockets::open_group(const Address& group, std::uint32_t interface,
                                       std::shared_ptr<Socket>& opened) {
    auto socket = std::make_shared<Socket>(executor_, weak_from_this());
    socket->group = true;
    boost::system::error_code failed;
    open_socket(*socket, group.is_v6() ? udp::v6() : udp::v4(), failed);
    if (failed) {
        return failed;
    }
    if (const auto error = bind_group(*socket, group, interface)) {
        return error;
    }
    give_buffer(*socket);
    socket->non_blocking(true, failed);
    opened = std::move(socket);
    return {};
}

void UdpSockets::update_interfaces() {
    auto listed = list_interfaces();
    if (!listed) {
        log_(LogLevel::error, "the interfaces cannot be listed: " + listed.error().message());
        return;
    }
    choices_ = choose_interfaces(std::move(*listed), options_.interfaces);
    own_addresses_.clear();
    std::set<std::uint32_t> used;
    for (const InterfaceChoice& choice : choices_) {
        for (const Address& address : choice.interface.addresses) {
            own_addresses_.insert(address.with_port(0));
        }
        if (choice.used) {
            used.insert(choice.interface.index);
            join(choice.interface, memberships_[choice.interface.index]);
        }
    }
    for (auto at = memberships_.begin(); at != memberships_.end();) {
        if (used.contains(at->first)) {
            ++at;
            continue;
        }
        leave(at->first, at->second);
        at = memberships_.erase(at);
    }
}

// Joins what is not joined yet. What fails now may go the next time, when an address has come.
void UdpSockets::join(const Interface& interface, Membership& membership) {
    if (!options_.multicasts) {
        return;
    }
    const auto v4 = std::ranges::find(interface.addresses, false, &Address::is_v6);
    if (membership.group4 &&
        std::ranges::find(interface.addresses, membership.local4) == interface.addresses.end()) {
        // The address that was sent from is gone, as with a new lease.
        leave(interface.index, membership);
        membership.group4 = nullptr;
    }
    if (sender4_ && !membership.group4 && v4 != interface.addresses.end()) {
        membership.local4 = *v4;
        if (const auto error = join4(interface, membership)) {
            cannot_join(options_.group4, interface, error);
        }
    }
    const auto v6 = std::ranges::find(interface.addresses, true, &Address::is_v6);
    if (sender6_ && !membership.group6 && v6 != interface.addresses.end()) {
        std::shared_ptr<Socket> socket;
        auto error = open_group(group6_, interface.index, socket);
        error = error ? error : join_group(*socket, group6_, interface.index, *v6);
        if (error) {
            cannot_join(options_.group6, interface, error);
            return;
        }
        // Loopback often has no route for it. Whoever is there is heard over IPv4 as well.
        membership.failed6 =
            membership.failed6 || (interface.loopback && membership.group4 != nullptr);
        membership.group6 = std::move(socket);
        receive_later(membership.group6);
    }
}

// By a further socket where those there are may not join once more.
std::error_code UdpSockets::join4(const Interface& interface, Membership& membership) {
    const auto join = [&](const std::shared_ptr<Socket>& socket) {
        auto error = join_group(*socket, group4_, interface.index, membership.local4);
        if (error == std::errc::address_in_use) {
            error = {};
        }
        if (!error) {
            membership.group4 = socket;
        }
        return error;
    };
    for (const auto& socket : group_sockets4_) {
        const auto error = join(socket);
        if (error != std::errc::no_buffer_space) {
            return error;
        }
    }
    std::shared_ptr<Socket> further;
    auto error = open_group(group4_, 0, further);
    error = error ? error : join(further);
    if (!error) {
        receive_later(group_sockets4_.emplace_back(std::move(further)));
    }
    return error;
}

// A limit of the system makes the node deaf for as long as nobody raises it.
void UdpSockets::cannot_join(const std::string& group, const Interface& interface,
                             const std::error_code& error) {
    std::string remedy;
    if (error == std::errc::too_many_files_open) {
        remedy = "; raise how many files may be open, as with ulimit -n";
    } else if (error == std::errc::too_many_files_open_in_system) {
        remedy = "; raise fs.file-max";
    } else if (error == std::errc::no_buffer_space || error == std::errc::not_enough_memory) {
        remedy = "; raise net.ipv4.igmp_max_memberships and net.core.optmem_max";
    }
    const bool warn = !remedy.empty() && !std::exchange(told_of_limit_, true);
    log_(warn ? LogLevel::warning : LogLevel::debug,
         "cannot join " + group + " on " + interface.name +
             ", where others will not be heard: " + error.message() + remedy);
}

void UdpSockets::leave(std::uint32_t interface, Membership& membership) {
    if (membership.group4) {
        // The kernel forgot it already when the interface is gone.
        (void)leave_group(*membership.group4, group4_, interface, membership.local4);
    }
}

void UdpSockets::watch() {
    watch_.emplace(executor_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || !self->open_ || std::exchange(self->settling_, true)) {
            return;
        }
        self->settle_timer_.expires_after(settling);
        self->settle_timer_.async_wait([weak](boost::system::error_code error) {
            const auto settled = weak.lock();
            if (error || !settled || !settled->open_) {
                return;
            }
            settled->settling_ = false;
            const auto before = used_addresses(settled->choices_);
            settled->update_interfaces();
            if (used_addresses(settled->choices_) != before) {
                settled->listener_.network_changed();
            }
        });
    });
}

void UdpSockets::close() {
    open_ = false;
    watch_.reset();
    settle_timer_.cancel();
    memberships_.clear();
    group_sockets4_.clear();
    sender4_.reset();
    sender6_.reset();
}

bool UdpSockets::has_unsent() const noexcept {
    return std::ranges::any_of(senders(), [](const Sender* sender) {
        return sender && sender->sent < sender->queue.size();
    });
}

std::size_t UdpSockets::unsent_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Sender* sender : senders()) {
        for (std::size_t at = sender ? sender->sent : 0; sender && at < sender->queue.size();
             ++at) {
            bytes += sender->queue[at].size;
        }
    }
    return bytes;
}

std::vector<Address> UdpSockets::endpoints() const {
    std::vector<Address> all;
    for (const Sender* sender : senders()) {
        boost::system::error_code failed;
        if (sender) {
            all.push_back(to_address(sender->socket->local_endpoint(failed)));
        }
    }
    return all;
}

}  // namespace netaio::net

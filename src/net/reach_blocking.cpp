#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cerrno>

#include "core/waiting.hpp"
#include "endpoint.hpp"
#include "reach.hpp"

namespace netaio::net {
namespace {

using std::chrono::steady_clock;

std::error_code last_system_error() {
    return {errno, std::system_category()};
}

bool set_waiting(int socket, bool waits) {
    const int flags = ::fcntl(socket, F_GETFL);
    return flags >= 0 &&
           ::fcntl(socket, F_SETFL, waits ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0;
}

// The connections that are tried at the same time.
class BlockingRace {
public:
    void begin(const Address& to) {
        sockaddr_storage name{};
        const socklen_t size = to_sockaddr(to, name);
        Descriptor socket(open_stream(name.ss_family));
        if (!socket.is_open() || !set_waiting(socket.get(), false)) {
            fail(last_system_error());
        } else if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), size) == 0) {
            win(socket, to);
        } else if (errno == EINPROGRESS || errno == EINTR) {
            waited_.push_back({socket.get(), POLLOUT, 0});
            runners_.push_back({std::move(socket), to});
        } else {
            fail(last_system_error());
        }
    }

    // Until one is there or has failed.
    void wait(steady_clock::duration at_most) {
        constexpr std::chrono::hours poll_max(1);
        const auto time = std::chrono::ceil<std::chrono::milliseconds>(
            std::clamp<steady_clock::duration>(at_most, {}, poll_max));
        if (::poll(waited_.data(), waited_.size(), static_cast<int>(time.count())) <= 0) {
            return;
        }
        for (std::size_t i = waited_.size(); i-- > 0 && !winner;) {
            if (waited_[i].revents != 0) {
                look_at(i);
            }
        }
    }

    std::optional<ReachedBlocking> winner = std::nullopt;
    std::size_t failed = 0;
    std::error_code last = {};

private:
    void look_at(std::size_t index) {
        auto& [socket, to] = runners_[index];
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
            error = errno;
        }
        if (error == 0) {
            win(socket, to);
        } else {
            fail({error, std::system_category()});
        }
        const auto at = static_cast<std::ptrdiff_t>(index);
        waited_.erase(waited_.begin() + at);
        runners_.erase(runners_.begin() + at);
    }
    void win(Descriptor& socket, const Address& to) {
        if (set_waiting(socket.get(), true)) {
            winner.emplace(ReachedBlocking{std::move(socket), to});
        } else {
            fail(last_system_error());
        }
    }
    void fail(std::error_code why) {
        ++failed;
        last = why;
    }

    std::vector<pollfd> waited_;
    std::vector<ReachedBlocking> runners_;  // in that order
};

}  // namespace

Result<ReachedBlocking> reach_blocking(const std::string& host, std::uint16_t port,
                                       std::chrono::milliseconds timeout, LookUp look_up) {
    const auto deadline = steady_clock::now() + core::bounded(timeout);
    const auto found = wait_for_addresses_of(host, port, deadline, std::move(look_up));
    if (!found || found->empty()) {
        const boost::system::error_code none = boost::asio::error::host_not_found;
        return found ? std::error_code(none) : found.error();
    }
    const std::vector<Address> addresses = interleaved(*found);
    BlockingRace race;
    std::size_t next = 0;
    while (!race.winner) {
        if (race.failed == addresses.size()) {
            return race.last;
        }
        const auto now = steady_clock::now();
        if (now >= deadline && next > 0) {
            return make_error_code(Errc::timeout);
        }
        const std::size_t failed = race.failed;
        if (next < addresses.size()) {
            race.begin(addresses[next++]);
        }
        if (!race.winner && race.failed == failed) {
            const auto left = deadline - now;
            race.wait(next < addresses.size() ? std::min<steady_clock::duration>(left, head_start)
                                              : left);
        }
    }
    return std::move(*race.winner);
}

}  // namespace netaio::net

#include "reach.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/waiting.hpp"
#include "endpoint.hpp"

namespace netaio::net {
namespace {

using std::chrono::steady_clock;

// How long an address is tried alone (RFC 8305 §5).
constexpr auto head_start = std::chrono::milliseconds(250);

// The connections that are tried at the same time.
struct Race : std::enable_shared_from_this<Race> {
    explicit Race(const boost::asio::any_io_executor& executor) : timer(executor) {}

    void begin(const Address& to) {
        const std::size_t index = sockets.size();
        sockets.push_back(std::make_shared<StreamSocket>(timer.get_executor()));
        const auto endpoint = to_stream_endpoint(to);
        boost::system::error_code ignored;  // connecting meets it, too
        open_socket(*sockets.back(), endpoint.protocol(), ignored);
        sockets.back()->async_connect(
            endpoint, [race = shared_from_this(), index](boost::system::error_code error) {
                if (error) {
                    ++race->failed;
                    race->last = error;
                    race->close(index);
                } else if (!race->first) {
                    race->first = index;
                }
                race->timer.cancel();
            });
    }
    void close(std::size_t index) {
        boost::system::error_code ignored;
        sockets[index]->close(ignored);
    }
    void end() {
        for (std::size_t index = 0; index < sockets.size(); ++index) {
            if (index != first) {
                close(index);
            }
        }
    }

    boost::asio::steady_timer timer;
    std::vector<std::shared_ptr<StreamSocket>> sockets;
    std::size_t failed = 0;
    std::optional<std::size_t> first;  // that is connected
    std::error_code last;
};

// However the coroutine ends.
struct EndsRace {
    std::shared_ptr<Race> race;
    ~EndsRace() { race->end(); }
};

}  // namespace

std::vector<Address> interleaved(const std::vector<Address>& addresses) {
    std::vector<Address> first;
    std::vector<Address> other;
    for (const Address& address : addresses) {
        (address.is_v6() == addresses.front().is_v6() ? first : other).push_back(address);
    }
    std::vector<Address> all;
    for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
        if (i < first.size()) {
            all.push_back(first[i]);
        }
        if (i < other.size()) {
            all.push_back(other[i]);
        }
    }
    return all;
}

boost::asio::awaitable<Reached> reach(std::string host, std::uint16_t port,
                                      std::chrono::milliseconds timeout, LookUp look_up) {
    const auto deadline = steady_clock::now() + core::bounded(timeout);
    const auto found = co_await addresses_of(std::move(host), port, deadline, std::move(look_up));
    if (!found || found->empty()) {
        const boost::system::error_code none = boost::asio::error::host_not_found;
        co_return Reached{found ? std::error_code(none) : found.error()};
    }
    const std::vector<Address> addresses = interleaved(*found);
    const auto executor = co_await boost::asio::this_coro::executor;
    const EndsRace ends{std::make_shared<Race>(executor)};
    Race& race = *ends.race;
    std::size_t next = 0;
    while (!race.first) {
        if (race.failed == addresses.size()) {
            co_return Reached{race.last};
        }
        if (next < addresses.size()) {
            race.begin(addresses[next++]);
        }
        const auto now = steady_clock::now();
        if (now >= deadline) {
            co_return Reached{make_error_code(Errc::timeout)};
        }
        race.timer.expires_at(next < addresses.size() ? std::min(deadline, now + head_start)
                                                      : deadline);
        boost::system::error_code ignored;
        co_await race.timer.async_wait(
            boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    co_return Reached{{}, race.sockets[*race.first], addresses[*race.first]};
}

// On a loop that lasts for as long as that takes.
Result<ReachedBlocking> reach_blocking(const std::string& host, std::uint16_t port,
                                       std::chrono::milliseconds timeout, LookUp look_up) {
    boost::asio::io_context context(1);
    std::exception_ptr failure;
    Reached reached;
    boost::asio::co_spawn(context, reach(host, port, timeout, std::move(look_up)),
                          [&](const std::exception_ptr& thrown, Reached result) {
                              failure = thrown;
                              reached = std::move(result);
                          });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    if (reached.error) {
        return reached.error;
    }
    boost::system::error_code error;
    reached.socket->native_non_blocking(false, error);
    Descriptor socket(error ? -1 : reached.socket->release(error));
    if (error) {
        return std::error_code(error);
    }
    return ReachedBlocking{std::move(socket), reached.server};
}

}  // namespace netaio::net

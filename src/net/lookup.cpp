#include <netaio/lookup.hpp>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <optional>
#include <thread>

#include "endpoint.hpp"

namespace netaio {
namespace {

using Addresses = Result<std::vector<Address>>;

// Each is a thread that may take as long as the system's name servers let it.
constexpr int lookups_max = 64;
std::atomic<int> lookups_running{0};

// What a lookup's thread shares with whoever waits for it.
class Lookup : public std::enable_shared_from_this<Lookup> {
public:
    explicit Lookup(boost::asio::steady_timer& waiting) : waiting_(&waiting) {}

    // On the thread. Whoever waits keeps the executor's context alive.
    void found(Addresses addresses) {
        const std::lock_guard lock(mutex_);
        if (waiting_) {
            addresses_ = std::move(addresses);
            boost::asio::post(waiting_->get_executor(),
                              [lookup = shared_from_this()] { lookup->wake(); });
        }
    }
    // What was found, if anything; the thread touches nothing of the waiting coroutine from here
    // on.
    std::optional<Addresses> give_up() {
        const std::lock_guard lock(mutex_);
        waiting_ = nullptr;
        return std::move(addresses_);
    }

private:
    void wake() {
        const std::lock_guard lock(mutex_);
        if (waiting_) {
            waiting_->cancel();
        }
    }

    std::mutex mutex_;
    boost::asio::steady_timer* waiting_;
    std::optional<Addresses> addresses_;
};

// However the coroutine ends, also with its context.
struct GivesUp {
    std::shared_ptr<Lookup> lookup;
    ~GivesUp() { lookup->give_up(); }
};

std::error_code start(std::shared_ptr<Lookup> lookup, const std::string& host, std::uint16_t port,
                      LookUp look_up) {
    if (lookups_running.fetch_add(1) >= lookups_max) {
        lookups_running.fetch_sub(1);
        return Errc::queue_full;
    }
    try {
        std::thread([lookup = std::move(lookup), host, port, look_up = std::move(look_up)] {
            Addresses addresses = make_error_code(std::errc::not_enough_memory);
            try {
                addresses = look_up(host, port);
            } catch (...) {  // memory ran out
            }
            lookups_running.fetch_sub(1);
            lookup->found(std::move(addresses));
        }).detach();
    } catch (const std::system_error& failure) {
        lookups_running.fetch_sub(1);
        return failure.code();
    }
    return {};
}

}  // namespace

Addresses look_up(const std::string& host, std::uint16_t port) {
    using boost::asio::ip::tcp;
    boost::asio::io_context context;
    tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto entries =
        resolver.resolve(host, std::to_string(port), tcp::resolver::numeric_service, error);
    if (error) {
        return std::error_code(error);
    }
    std::vector<Address> addresses;
    for (const auto& entry : entries) {
        addresses.push_back(net::to_address(entry.endpoint()));
    }
    return addresses;
}

boost::asio::awaitable<Addresses> addresses_of(std::string host, std::uint16_t port,
                                               std::chrono::steady_clock::time_point deadline,
                                               LookUp look_up) {
    if (const auto address = Address::parse(host, port)) {
        co_return std::vector<Address>{*address};
    }
    boost::asio::steady_timer waiting(co_await boost::asio::this_coro::executor, deadline);
    const GivesUp gives_up{std::make_shared<Lookup>(waiting)};
    if (const auto error = start(gives_up.lookup, host, port, std::move(look_up))) {
        co_return error;
    }
    boost::system::error_code ended;
    co_await waiting.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
    auto addresses = gives_up.lookup->give_up();
    if (!addresses) {
        co_return make_error_code(ended ? Errc::cancelled : Errc::timeout);
    }
    co_return std::move(*addresses);
}

}  // namespace netaio

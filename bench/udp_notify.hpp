#pragma once

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstring>
#include <exception>
#include <netaio/make.hpp>
#include <netaio/udp_node.hpp>

#include "measured.hpp"
#include "ready.hpp"

/// A UDP node that notifies another as fast as that one says that it gets it.
namespace netaio::bench {

constexpr std::string_view notified_uri = "topic";
constexpr std::string_view arrived_uri = "arrived";
/// Of how many the subscriber says each time that they arrived.
constexpr std::uint64_t arrived_at_once = 1024;

namespace detail {

inline UdpNodeOptions notifying_options(const Arguments& arguments) {
    UdpNodeOptions options{.port = 0, .interfaces = {"127.0.0.1"}, .ipv6 = false};
    options.multicasts = false;
    // Whoever says what arrives does not answer requests, and may thus be forged without a session.
    options.unproven_bytes_per_second = 1e12;
    options.unproven_bytes_per_second_total = 1e12;
    if (arguments.text("session", "no") == "yes") {
        options.session.policy = SessionPolicy::offer;
    }
    return options;
}

inline std::uint64_t number_in(const Message& message) {
    std::uint64_t number = 0;
    const auto content = message.content();
    std::memcpy(&number, content.data(), std::min(sizeof number, content.size()));
    return number;
}

class UdpPublisher {
public:
    explicit UdpPublisher(const Arguments& arguments)
        : content_(std::max(sizeof(std::uint64_t), arguments.number("payload", 16)), 'c'),
          window_(arguments.number("window", 32 * arrived_at_once)),
          node_(context_.get_executor(), notifying_options(arguments)),
          silence_(context_.get_executor()) {}

    void run() {
        node_.on(MessageType::subscribe_uri, [this](const Message& message, const Address& from) {
            boost::asio::post(context_, [this] { publish(); });
            wait();
            return node_.grant(message, from);
        });
        node_.on({MessageType::notify_uri, arrived_uri}, [this](const Message& message) {
            arrived_ = number_in(message);
            publish();
        });
        node_.start([](boost::system::error_code error, std::uint16_t port) {
            if (error) {
                throw boost::system::system_error(error, "start");
            }
            ready(port);
        });
        context_.run();
    }

private:
    // As many as may be on their way, some in each turn of the loop.
    void publish() {
        if (pending_ || sent_ + arrived_at_once > arrived_ + window_) {
            return;
        }
        for (std::uint64_t i = 0; i < arrived_at_once; ++i) {
            ++sent_;
            std::memcpy(content_.data(), &sent_, sizeof sent_);
            node_.notify(notified_uri,
                         Message(MessageType::notify_uri, Body(notified_uri, content_)));
        }
        pending_ = true;
        boost::asio::post(context_, [this] {
            pending_ = false;
            publish();
        });
    }

    // What is lost is not waited for.
    void wait() {
        silence_.expires_after(std::chrono::milliseconds(20));
        silence_.async_wait([this, before = arrived_](boost::system::error_code error) {
            if (!error) {
                if (arrived_ == before) {
                    arrived_ = sent_;
                    publish();
                }
                wait();
            }
        });
    }

    std::string content_;
    std::uint64_t window_;
    std::uint64_t sent_ = 0;
    std::uint64_t arrived_ = 0;
    bool pending_ = false;
    boost::asio::io_context context_{1};
    UdpNode node_;
    boost::asio::steady_timer silence_;
};

}  // namespace detail

/// Notifies of numbered contents whoever subscribes.
inline void publish_by_udp(const Arguments& arguments) {
    detail::UdpPublisher(arguments).run();
}

/// Subscribes there and counts what a handler gets; those between that it did not are lost.
inline Stopwatch run_udp_notify(std::uint16_t port, const Arguments& arguments) {
    boost::asio::io_context context(1);
    UdpNode node(context.get_executor(), detail::notifying_options(arguments));
    const Address publisher(std::array<std::uint8_t, 4>{127, 0, 0, 1}, port);
    Stopwatch watch(duration_of(arguments));
    std::uint64_t done = 0;
    std::uint64_t last = 0;
    std::string arrived(sizeof last, '\0');
    node.on({MessageType::notify_uri, notified_uri}, [&](const Message& message) {
        last = std::max(last, detail::number_in(message));
        if (++done % arrived_at_once != 0) {
            return;
        }
        std::memcpy(arrived.data(), &last, sizeof last);
        node.send(publisher, Message(MessageType::notify_uri, Body(arrived_uri, arrived)));
        watch.lost(last - done);
        if (!watch.goes_on(done)) {
            context.stop();
        }
    });
    const auto subscribe = [&]() -> boost::asio::awaitable<void> {
        co_await node.start(boost::asio::use_awaitable);
        co_await node.subscribe(notified_uri, {.server = publisher}, boost::asio::use_awaitable);
        if (arguments.text("session", "no") == "yes" && node.counters().sessions == 0) {
            throw std::runtime_error("no session begins");
        }
    };
    boost::asio::co_spawn(context, subscribe(), [](const std::exception_ptr& failure) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    context.run();
    return watch;
}

}  // namespace netaio::bench

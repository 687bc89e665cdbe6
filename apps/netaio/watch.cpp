#include "watch.hpp"

#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>

#include "awaiting.hpp"
#include "daemon_view.hpp"
#include "output.hpp"
#include "subscription.hpp"
#include "table.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

using Clock = std::chrono::steady_clock;

awaitable<void> watch_lines(Subscription& subscription, bool json) {
    co_await subscription.run([json](const Message& notification) {
        const Json seen = daemon_object(notification.content());
        write_line(json ? json_text(seen) : seen_line(seen));
    });
}

// A second apart, as what is written for each message would keep up with nothing.
awaitable<void> keep_drawn(std::function<void()> draw) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (true) {
        draw();
        timer.expires_after(std::chrono::seconds(1));
        const auto [error] = co_await timer.async_wait(as_tuple);
        if (error) co_return;
    }
}

// Has work end without failing, so that what goes on beside it ends with it.
awaitable<void> ended(awaitable<void> work, std::exception_ptr& failure) {
    try {
        co_await std::move(work);
    } catch (...) {
        if (!failure) failure = std::current_exception();
    }
}

awaitable<void> watch_table(Subscription& subscription) {
    using namespace boost::asio::experimental::awaitable_operators;
    SeenTable seen;
    LiveTable table;
    const auto draw = [&] {
        table.draw([&](std::size_t width, std::size_t height) {
            return seen.text(Clock::now(), width, height);
        });
    };
    const auto count = [&](const Message& notification) {
        seen.count(daemon_object(notification.content()), Clock::now());
    };
    std::exception_ptr failure;
    co_await (ended(subscription.run(count), failure) || ended(keep_drawn(draw), failure));
    if (failure) std::rethrow_exception(failure);
    draw();
}

int watch(SubscribeOptions options) {
    const Protection unprotected;
    const bool json = options.client.output.json;
    options.quiet = !json && ::isatty(STDOUT_FILENO) != 0;
    return run_session([&]() -> awaitable<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        Subscription subscription(options, unprotected, executor);
        if (options.quiet) {
            co_await watch_table(subscription);
        } else {
            co_await watch_lines(subscription, json);
        }
    });
}

}  // namespace

void add_watch_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command = app.add_subcommand(
        "watch", "Show the messages that go through the netaiod of this machine");
    const auto options = std::make_shared<SubscribeOptions>();
    const auto prefix = std::make_shared<std::string>();
    command->add_option("PREFIX", *prefix, "those about uris that begin so; all without")
        ->type_name("");
    command->add_option("--count", options->count, "end after so many; 0: never")
        ->type_name("N")
        ->check(whole_number(0, UINT64_MAX))
        ->capture_default_str();
    add_daemon_options(*command, options->client);
    command->callback([&chosen, options, prefix] {
        options->uris = {"netaiod/watch/" + *prefix};
        chosen = [options] { return watch(*options); };
    });
}

}  // namespace netaio::app

// Ten requests on one connection whose handlers take 50 ms each: while one of them waits, the
// others go on, all on one thread, and so they take together little longer than one.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;
using boost::asio::co_spawn;
using boost::asio::experimental::use_promise;

awaitable<void> ask(TcpClient& client, int number) {
    const auto reply = co_await client.request("slow/" + std::to_string(number));
    std::cout << reply.uri() << ": " << reply.content() << '\n';
}

awaitable<void> session(std::uint16_t port) {
    TcpClient client;
    co_await client.connect("127.0.0.1", port);

    const auto executor = co_await boost::asio::this_coro::executor;
    const auto begin = std::chrono::steady_clock::now();
    // Each begins at once, and is waited for later.
    std::vector<decltype(co_spawn(executor, ask(client, 0), use_promise))> asking;
    for (int i = 0; i < 10; ++i) {
        asking.push_back(co_spawn(executor, ask(client, i), use_promise));
    }
    for (auto& one : asking) {
        co_await std::move(one)(boost::asio::use_awaitable);
    }
    const auto took = std::chrono::steady_clock::now() - begin;
    std::cout << (took < 10 * 50ms ? "at the same time" : "one after the other") << '\n';
}

int main() {
    TcpServer server({.port = 0});
    server.on(request_uri, prefix("slow/"), [](const Message& asked) -> awaitable<std::string> {
        co_await sleep(50ms);
        co_return "done with " + asked.rest().str();
    });
    if (const std::error_code error = server.start()) {
        std::cerr << "cannot listen: " << error.message() << '\n';
        return 1;
    }
    return run(session(server.port()));
}

#include <gtest/gtest.h>

#include "support/net.hpp"

namespace netaio::hashcash_e2e {
namespace {

using namespace test;

// In no table of an earlier run.
std::shared_ptr<SeenMessages> first_table() {
    return std::make_shared<SeenMessages>(SeenOptions{.ran_before = false});
}

HashcashOptions asking(unsigned bits) {
    return {.realm = "kitchen", .bits = bits, .seen = first_table()};
}

std::shared_ptr<const AuthPlugin> paying(unsigned bits) {
    return hashcash_auth({.realm = "kitchen", .pay = bits});
}

struct HashcashEndToEnd : testing::Test {
    void serve(std::shared_ptr<const AuthPlugin> auth) {
        TcpServerOptions options = local_options();
        options.auth = std::move(auth);
        server.emplace(std::move(options));
        server->on(request_uri, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
        ASSERT_FALSE(server->start());
    }
    // The content of the answer, or why there is none.
    std::string asked(TcpClient& client) {
        std::string said;
        boost::asio::io_context& context = io;
        boost::asio::co_spawn(
            context,
            [&]() -> awaitable<void> {
                auto [error, answer] =
                    co_await client.request("uri", {.content = "content"}, as_result);
                said = error ? error.message() : answer.content().str();
            },
            boost::asio::detached);
        EXPECT_TRUE(run_until(context, [&] { return !said.empty(); }));
        return said;
    }

    boost::asio::io_context io;
    std::optional<TcpServer> server;
};

}  // namespace
}  // namespace netaio::hashcash_e2e

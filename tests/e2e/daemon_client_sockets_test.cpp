#include <boost/asio/io_context.hpp>
#include <future>

#include "fake_daemon.hpp"

/// Programs behind a daemon, by sockets of the system.
namespace netaio::test {
namespace {

TEST(DaemonClientSocketTest, RunsOnALoopOfItsOwnOverAUnixSocket) {
    TemporaryFolder folder;
    const std::string path = folder.file("d.sock");
    TcpServer daemon({.interfaces = {"unix:" + path}});
    daemon.on(create_uri, [](const Message&) { return reply(MessageType::ok); });
    std::promise<std::string> who;
    daemon.on({request_uri, "go"}, [&](const Message&, Connection& from) {
        OwnedMessage asked(request_uri, "a");
        asked.auth().set("@", *pack(Value(List{Bytes{"app:x"}})));
        daemon.exchange(from, std::move(asked), {},
                        [&](std::error_code, const OwnedMessage& reply) {
                            who.set_value(reply.content().str());
                        });
        return "going";
    });
    ASSERT_FALSE(daemon.start());
    std::optional<DaemonClient> client;
    DaemonClientOptions options{.socket = path, .app = "thermostat"};
    options.keep.on_state = [&](ConnectionState state, std::error_code, unsigned) {
        if (state == ConnectionState::connected) {
            client->request("go", {}, [](std::error_code, const OwnedMessage&) {});
        }
    };
    client.emplace(options);
    client->on({request_uri, "a"}, [&](const Message& message) {
        client->stop(1s);
        return message.who().str();
    });
    EXPECT_EQ(client->run().cut_off, 0u);
    EXPECT_EQ(who.get_future().get(), "nobody") << "who is local is not the daemon's user";
}

TEST(DaemonClientSocketTest, IsFoundWhereTheEnvironmentSays) {
    ::setenv("NETAIO_DAEMON", "/tmp/x.sock", 1);
    EXPECT_EQ(DaemonClient::default_socket(), "/tmp/x.sock");
    ::unsetenv("NETAIO_DAEMON");
    ::setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
    EXPECT_EQ(DaemonClient::default_socket(), "/run/user/1/netaio/netaiod.sock");
    ::unsetenv("XDG_RUNTIME_DIR");
    EXPECT_EQ(DaemonClient::default_socket(), "/run/netaio/netaiod.sock");
}

TEST(DaemonClientSocketTest, AnEndIsAnEndHoweverTheSystemCallsIt) {
    TemporaryFolder folder;
    const std::string path = folder.file("d.sock");
    boost::asio::io_context context(1);
    std::optional<TcpServer> daemon;
    daemon.emplace(context.get_executor(), TcpServerOptions{.interfaces = {"unix:" + path}});
    daemon->on(create_uri, [](const Message&) { return reply(MessageType::ok); });
    bool paused = false;
    daemon->on({request_uri, "pause"},
               [&](const Message&, Connection& from) -> std::optional<OwnedMessage> {
                   from.pause();
                   paused = true;
                   return std::nullopt;
               });
    ASSERT_FALSE(daemon->start());
    DaemonClient client(context.get_executor(), {.socket = path, .app = "thermostat"});
    ASSERT_FALSE(client.start());
    std::vector<std::error_code> ended;
    const auto ask = [&](std::string_view uri) {
        client.request(uri, {},
                       [&](std::error_code error, const OwnedMessage&) { ended.push_back(error); });
    };
    ask("pause");
    ASSERT_TRUE(run_until(context, [&] { return paused; }));
    // More than it read already, so that the system says that it was reset.
    for (int i = 0; i < 3; ++i) {
        client.request("more", std::string(65000, 'x'), {},
                       [&](std::error_code error, const OwnedMessage&) { ended.push_back(error); });
    }
    context.poll();
    daemon.reset();
    ASSERT_TRUE(run_until(context, [&] { return ended.size() == 4; }));
    for (const auto& error : ended) {
        EXPECT_EQ(error, Errc::closed) << error.message();
    }
}

}  // namespace
}  // namespace netaio::test

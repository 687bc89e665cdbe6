#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <future>
#include <thread>

#include "support/blocking.hpp"
#include "support/net.hpp"

/// What a blocking client makes of servers that do not do as they should.
namespace netaio {
namespace {

using namespace test;
using boost::asio::ip::tcp;

// A server that serves one connection as it is told to, on a thread of its own.
class ScriptedServer {
public:
    using Script = std::function<void(tcp::socket&)>;

    explicit ScriptedServer(Script script)
        : thread_([this, script = std::move(script)] {
              auto socket = acceptor_.accept();
              boost::system::error_code gone;
              try {
                  script(socket);
              } catch (const boost::system::system_error& error) {
                  gone = error.code();
              }
              while (!gone) {
                  char byte = 0;
                  socket.read_some(boost::asio::buffer(&byte, 1), gone);
              }
          }) {}
    ~ScriptedServer() { thread_.join(); }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::io_context context_;
    tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::thread thread_;
};

void send_bytes(tcp::socket& socket, const std::string& bytes) {
    boost::asio::write(socket, boost::asio::buffer(bytes));
}

TEST(BlockingClient, WaitsNoLongerForAServerThatSaysNothing) {
    ScriptedServer server([](tcp::socket&) {});
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(why_not(client, "x", {.timeout = 20ms}), Errc::timeout);
    std::error_code error;
    client.receive_once(20ms, error);
    EXPECT_EQ(error, Errc::timeout);
    EXPECT_TRUE(client.connected());
}

TEST(BlockingClient, WaitsNoLongerForAServerThatSendsByteByByte) {
    std::atomic<bool> over = false;
    ScriptedServer server([&](tcp::socket& socket) {
        const std::string answer = encoded(respond("x", std::string(60'000, 'x')));
        for (std::size_t at = 0; at < answer.size() && !over; ++at) {
            send_bytes(socket, answer.substr(at, 1));
            std::this_thread::sleep_for(2ms);
        }
    });
    BlockingClient client("127.0.0.1", server.port());
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(why_not(client, "x", {.timeout = 100ms}), Errc::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
    over = true;
}

TEST(BlockingClient, PutsAnAnswerInPiecesTogether) {
    ScriptedServer server([&](tcp::socket& socket) {
        const std::string answer = encoded(respond("x", std::string(60'000, 'x')));
        for (const std::size_t at : {0u, 5u, 30'000u}) {
            const std::size_t size = at == 0 ? 5 : at == 5 ? 29'995 : answer.npos;
            send_bytes(socket, answer.substr(at, size));
            std::this_thread::sleep_for(5ms);
        }
    });
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(client.request("x", 20s).content(), std::string(60'000, 'x'));
}

TEST(BlockingClient, EndsARequestWhoseAnswerBreaksOff) {
    ScriptedServer server([&](tcp::socket& socket) {
        send_bytes(socket, encoded(respond("x", "content")).substr(0, 12));
        socket.shutdown(tcp::socket::shutdown_send);
    });
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(why_not(client, "x", {.timeout = 1h}), Errc::closed);
}

TEST(BlockingClient, EndsARequestWhenTheConnectionIsReset) {
    ScriptedServer server([&](tcp::socket& socket) {
        char byte = 0;
        boost::asio::read(socket, boost::asio::buffer(&byte, 1));
        socket.set_option(boost::asio::socket_base::linger(true, 0));
        socket.close();
    });
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(why_not(client, "x", {.timeout = 1h}), std::errc::connection_reset);
    EXPECT_EQ(why_not(client, "x"), Errc::not_connected);
}

TEST(BlockingClient, EndsARequestThatGetsGarbage) {
    ScriptedServer server(
        [&](tcp::socket& socket) { send_bytes(socket, std::string(64, '\xee')); });
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(why_not(client, "x", {.timeout = 1h}), Errc::unknown_message_type);
}

TEST(BlockingClient, ReadsNoFrameThatIsTooLong) {
    ScriptedServer server([&](tcp::socket& socket) {
        send_bytes(socket, encoded(respond("x", std::string(1000, 'x'))));
    });
    BlockingClient client("127.0.0.1", server.port(), {.frame_max = 500});
    EXPECT_EQ(why_not(client, "x", {.timeout = 1h}), Errc::too_large);
}

TEST(BlockingClient, TakesNoAnswerToAnotherQuestion) {
    ScriptedServer server([&](tcp::socket& socket) {
        send_bytes(socket, encoded(respond("y", "forged")) + encoded(notify("x", "forged")));
    });
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(why_not(client, "x", {.timeout = 50ms}), Errc::timeout);
    EXPECT_EQ(client.receive_once(20s).uri(), "y");
}

TEST(BlockingClient, GivesUpAServerThatTakesNothing) {
    std::promise<void> over;
    ScriptedServer server([&](tcp::socket&) { over.get_future().wait(); });
    BlockingClient client("127.0.0.1", server.port(), {.send_timeout = 50ms});
    const std::string content(60'000, 'c');
    std::error_code error;
    for (int i = 0; i < 10'000 && !error; ++i) {
        client.send(OwnedMessage(publish_uri, "x", content), {}, error);
    }
    EXPECT_EQ(error, Errc::timeout);
    EXPECT_FALSE(client.connected());
    over.set_value();
}

TEST(BlockingClient, GivesUpAFrameThatTakesTooLong) {
    ScriptedServer server([&](tcp::socket& socket) {
        send_bytes(socket, encoded(notify("x", "content")).substr(0, 12));
    });
    BlockingClient client("127.0.0.1", server.port(), {.frame_timeout = 20ms});
    std::error_code error;
    client.receive_once({}, error);
    EXPECT_EQ(error, Errc::timeout);
    EXPECT_FALSE(client.connected());
}

TEST(BlockingClient, EndsACallThatIsCancelled) {
    ScriptedServer server([](tcp::socket&) {});
    BlockingClient client("127.0.0.1", server.port());
    std::thread impatient([&] {
        std::this_thread::sleep_for(20ms);
        client.cancel();
    });
    EXPECT_EQ(why_not(client, "x", {.timeout = 1h}), Errc::cancelled);
    impatient.join();
    client.cancel();
    EXPECT_EQ(why_not(client, "x", {.timeout = 1h}), Errc::cancelled) << "the next one, too";
    EXPECT_EQ(why_not(client, "x", {.timeout = 5ms}), Errc::timeout) << "but not the one after";
    client.cancel();
    std::error_code error;
    client.receive_once({}, error);
    EXPECT_EQ(error, Errc::cancelled);
    EXPECT_TRUE(client.connected());
}

TEST(BlockingClient, GoesOnWhenASignalInterrupts) {
    struct sigaction action{};
    struct sigaction before{};
    action.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
    const auto waiting = ::pthread_self();
    ScriptedServer server([&](tcp::socket& socket) {
        for (int i = 0; i < 20; ++i) {
            std::this_thread::sleep_for(1ms);
            ::pthread_kill(waiting, SIGUSR1);
        }
        send_bytes(socket, encoded(respond("x", "in the end")));
    });
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(client.request("x", 20s).content(), "in the end");
    ::sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace netaio

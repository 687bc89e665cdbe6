// How much memory messages take from the system once a node has warmed up: none, on the plain ways.
// This program replaces operator new by one that counts.
#include <gtest/gtest.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>

#include "support/net.hpp"
#include "support/replaced_new.hpp"

namespace {

std::size_t allocations = 0;  // on the one thread of each test

}  // namespace

bool netaio::test::may_allocate() noexcept {
    ++allocations;
    return true;
}

namespace netaio::test {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;

constexpr int messages = 100;

OwnedMessage echo(const Message& message) {
    return respond(message.uri(), message.content());
}

// Server and socket on one thread: what is sent is answered before anything else happens.
class EchoServer {
public:
    explicit EchoServer(TcpServerOptions options = local_options())
        : auth_(options.auth), cipher_(options.cipher), server_(context_.get_executor(), options) {
        server_.on(MessageType::request_uri, echo);
        EXPECT_FALSE(server_.start());
        socket_.connect({boost::asio::ip::address_v4::loopback(), server_.port()});
    }
    ~EchoServer() {
        server_.stop(0ms);
        context_.restart();
        context_.run_for(1s);
    }

    std::string protect(OwnedMessage message) const {
        const Environment environment;
        const PluginContext context{.environment = environment};
        if (cipher_) {
            EXPECT_FALSE(cipher_->encrypt(message.body(), message.auth(), context));
        }
        if (auth_) {
            EXPECT_FALSE(auth_->make(message.auth(), message.body().encoded(), context));
        }
        return encoded(message);
    }
    // Sends the frames and serves until as many bytes have come back.
    void exchange(const std::string& frames, std::size_t reply_bytes) {
        boost::asio::write(socket_, boost::asio::buffer(frames));
        std::size_t arrived = 0;
        while (arrived < reply_bytes) {
            context_.poll();
            while (socket_.available() > 0) {
                arrived += socket_.read_some(boost::asio::buffer(buffer_));
            }
        }
        ASSERT_EQ(arrived, reply_bytes);
    }

private:
    boost::asio::io_context context_{1};
    std::shared_ptr<const AuthPlugin> auth_;
    std::shared_ptr<const CipherPlugin> cipher_;
    TcpServer server_;
    boost::asio::io_context client_context_;
    tcp::socket socket_{client_context_};
    std::array<char, 65536> buffer_;
};

TEST(SteadyState, TcpRequestsTakeNoMemory) {
    for (const std::size_t size : {0u, 64u, 1024u}) {
        EchoServer server;
        const std::string content(size, 'c');
        const std::string frame = server.protect(request("echo", content));
        const std::size_t reply = encoded(respond("echo", content)).size();
        server.exchange(frame, reply);
        server.exchange(frame, reply);
        const std::size_t before = allocations;
        for (int i = 0; i < messages; ++i) {
            server.exchange(frame, reply);
        }
        EXPECT_EQ(allocations - before, 0u) << "with " << size << " bytes of content";
    }
}

TEST(SteadyState, ManyTcpRequestsInOneReadTakeNoMemory) {
    EchoServer server;
    std::string frames;
    for (int i = 0; i < messages; ++i) {
        frames += server.protect(request("echo", "content"));
    }
    const std::size_t replies = encoded(respond("echo", "content")).size() * messages;
    server.exchange(frames, replies);
    server.exchange(frames, replies);
    const std::size_t before = allocations;
    server.exchange(frames, replies);
    EXPECT_EQ(allocations - before, 0u);
}

TEST(SteadyState, ProtectedTcpRequestsTakeNoMemory) {
    TcpServerOptions options = local_options();
    options.auth = hmac_auth({.secret = "test"});
    options.cipher = stream_cipher({.key = "test"});
    EchoServer server(options);
    const std::string content(64, 'c');
    std::vector<std::string> frames;
    for (int i = 0; i < messages + 2; ++i) {
        frames.push_back(server.protect(request("echo", content)));
    }
    const std::size_t reply = server.protect(respond("echo", content)).size();
    server.exchange(frames[messages], reply);
    server.exchange(frames[messages + 1], reply);
    const std::size_t before = allocations;
    for (int i = 0; i < messages; ++i) {
        server.exchange(frames[static_cast<std::size_t>(i)], reply);
    }
    EXPECT_EQ(allocations - before, 0u);
}

TEST(SteadyState, UdpRequestsTakeNoMemory) {
    boost::asio::io_context context(1);
    UdpNode node(context.get_executor(), {.port = 0, .interfaces = {"127.0.0.1"}, .ipv6 = false});
    node.on(MessageType::request_uri, echo);
    bool started = false;
    node.start([&](boost::system::error_code error, std::uint16_t) { started = !error; });
    while (!started) {
        context.run_one();
    }
    boost::asio::io_context client_context;
    udp::socket socket(client_context, {boost::asio::ip::address_v4::loopback(), 0});
    const udp::endpoint to(boost::asio::ip::address_v4::loopback(), node.port());
    const std::string frame = encoded(request("echo", "content"));
    std::array<char, 65536> buffer;
    const auto exchange = [&] {
        socket.send_to(boost::asio::buffer(frame), to);
        while (socket.available() == 0) {
            context.poll();
        }
        ASSERT_EQ(socket.receive(boost::asio::buffer(buffer)), frame.size());
    };
    exchange();
    exchange();
    const std::size_t before = allocations;
    for (int i = 0; i < messages; ++i) {
        exchange();
    }
    EXPECT_EQ(allocations - before, 0u);
    node.stop();
    context.run_for(1s);
}

// For each notification the frame that all share and what carries it to the loops, and nothing for
// each subscriber.
TEST(SteadyState, NotificationsTakeMemoryForTheMessageAlone) {
    constexpr std::size_t subscribers = 50;
    boost::asio::io_context context(1);
    TcpServer server(context.get_executor(), local_options());
    server.on(MessageType::subscribe_uri,
              [&](const Message& m, Connection& from) { server.subscribe(m.uri(), from); });
    ASSERT_FALSE(server.start());
    boost::asio::io_context client_context;
    std::vector<tcp::socket> sockets;
    for (std::size_t i = 0; i < subscribers; ++i) {
        sockets.emplace_back(client_context)
            .connect({boost::asio::ip::address_v4::loopback(), server.port()});
        boost::asio::write(
            sockets.back(),
            boost::asio::buffer(encoded(OwnedMessage(MessageType::subscribe_uri, "news"))));
    }
    while (server.subscriber_count("news") < subscribers) {
        context.run_one();
    }
    const OwnedMessage message = notify("news", "content");
    const auto notify_all = [&] {
        for (int i = 0; i < messages; ++i) {
            EXPECT_FALSE(server.notify("news", message));
        }
        context.poll();
    };
    notify_all();
    const std::size_t before = allocations;
    notify_all();
    EXPECT_LE(allocations - before, 10u * messages);
    server.stop(0ms);
    context.run_for(1s);
}

}  // namespace
}  // namespace netaio::test

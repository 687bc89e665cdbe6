#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <netaio/netaio.hpp>
#include <thread>

namespace netaio {
namespace {

using boost::asio::use_future;

// An event loop that another thread runs.
class LoopElsewhere {
public:
    ~LoopElsewhere() { end(); }

    boost::asio::any_io_executor executor() { return context_.get_executor(); }

    template <class Work>
    auto there(Work work) {
        std::packaged_task<decltype(work())()> task(std::move(work));
        boost::asio::post(context_, [&] { task(); });
        return task.get_future().get();
    }

    void end() {
        work_.reset();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        context_.get_executor()};
    std::thread thread_{[this] { context_.run(); }};
};

class OneThreadTest : public testing::Test {
protected:
    OneThreadTest() {
        server.on(MessageType::request_uri, [](const Message& m) { return m.content(); });
        EXPECT_FALSE(server.start());
    }

    TcpServer server{TcpServerOptions{.port = 0}};
    LoopElsewhere loop;
};

TEST_F(OneThreadTest, RefusesAClientOnAnotherThreadThanItsLoops) {
    TcpClient client(loop.executor());
    client.connect("127.0.0.1", server.port(), use_future).get();

    try {
        client.request("x", {}, use_future).get();
        FAIL() << "nothing was said";
    } catch (const std::logic_error& misuse) {
        EXPECT_NE(std::string(misuse.what()).find("this TcpClient works on an event loop that"),
                  std::string::npos)
            << misuse.what();
    }
    EXPECT_THROW(client.close(), std::logic_error);
    EXPECT_THROW((void)client.connected(), std::logic_error);
    EXPECT_THROW(client.send(notify("x", "y")), std::logic_error);

    EXPECT_TRUE(loop.there([&] { return client.connected(); }));
    EXPECT_EQ(loop.there([&] { return client.request("x", {}, use_future); }).get().uri(), "x");
    loop.there([&] { client.close_all(); });
    loop.end();
}

TEST_F(OneThreadTest, AllowsAClientWhoseLoopHasEnded) {
    TcpClient client(loop.executor());
    client.connect("127.0.0.1", server.port(), use_future).get();
    loop.there([&] { client.close_all(); });
    loop.end();

    EXPECT_FALSE(client.connected());
}

TEST_F(OneThreadTest, RefusesANodeOnAnotherThreadThanItsLoops) {
    UdpNodeOptions options;
    options.port = 0;
    options.interfaces = {"lo"};
    UdpNode node(loop.executor(), options);
    node.on(MessageType::request_uri, [](const Message& m) { return m.content(); });
    const auto port = loop.there([&] { return node.start(use_future); }).get();
    const Address self = *Address::parse("127.0.0.1", port);
    loop.there([&] { return node.request(self, "x", {}, use_future); }).get();

    EXPECT_THROW(node.send(self, notify("x", "y")), std::logic_error);
    EXPECT_THROW(node.stop(), std::logic_error);

    loop.there([&] { node.stop(); });
}

}  // namespace
}  // namespace netaio

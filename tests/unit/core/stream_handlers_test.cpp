#include <gtest/gtest.h>

#include "stream_testbed.hpp"
#include "support/calling_handler.hpp"

namespace netaio::core {
namespace {

using namespace test;

// A client whose program ends the connection when a handler has returned.
class EndingClient final : public TestStream {
public:
    EndingClient() : TestStream(Role::client) {}
    void returned(Stream& from, Outcome) override { from.abort(Errc::closed); }
};

TEST(StreamHandlersTest, AConnectionMayEndByWhatAHandlerReturnsWhileAnotherWaitsForIt) {
    EndingClient client;
    client.node->router.add(Key(MessageType::notify_uri), netaio::test::suspending());
    client.receive(notify("uri", "runs"), RequestId(1));
    client.receive(notify("uri", "waits"), RequestId(2));
    ASSERT_EQ(client.hub->running.size(), 1u);

    client.stream->handler_ended(*client.hub->running[0], ok("uri"), nullptr);
    EXPECT_EQ(client.ended, make_error_code(Errc::closed));
    EXPECT_FALSE(client.stream->held_back());
    EXPECT_EQ(client.hub->running.size(), 1u);
}

}  // namespace
}  // namespace netaio::core

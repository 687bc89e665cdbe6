#include "net/reach.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <future>

#include "net/endpoint.hpp"
#include "support/net.hpp"

namespace netaio::net {
namespace {

using namespace test;
using boost::asio::ip::tcp;

Address v4(std::uint8_t last) {
    return Address(std::array<std::uint8_t, 4>{192, 0, 2, last}, 1);
}

Address v6(std::uint8_t last) {
    std::array<std::uint8_t, 16> ip{};
    ip[15] = last;
    return Address(ip, 1);
}

// Accepts nobody: its queue is full, so that who connects gets no answer at all.
class SilentPlace {
public:
    SilentPlace() {
        acceptor_.listen(0);
        for (int i = 0; i < 4; ++i) {
            auto& socket = waiting_.emplace_back(context_);
            socket.async_connect(acceptor_.local_endpoint(), [](boost::system::error_code) {});
        }
    }
    Address address() const { return to_address(acceptor_.local_endpoint()); }

private:
    boost::asio::io_context context_;
    tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0),
                            false};
    std::deque<tcp::socket> waiting_;
};

class ReachTest : public ::testing::Test {
protected:
    // Reaches one of these, as if they were a name's.
    Reached reach_one_of(std::vector<Address> addresses, std::chrono::milliseconds timeout = 1h) {
        return run_to_end("name", timeout, [addresses](const std::string& host, std::uint16_t) {
            EXPECT_EQ(host, "name");
            return addresses;
        });
    }
    Reached run_to_end(const std::string& host, std::chrono::milliseconds timeout, LookUp look_up,
                       std::uint16_t port = 1) {
        auto reached = boost::asio::co_spawn(
            context, reach(host, port, timeout, std::move(look_up)), boost::asio::use_future);
        context.restart();
        context.run();
        return reached.get();
    }

    // The same with the thread waiting.
    Result<ReachedBlocking> reach_blocking_one_of(std::vector<Address> addresses,
                                                  std::chrono::milliseconds timeout = 1h) {
        return reach_blocking("name", 1, timeout,
                              [addresses](const std::string&, std::uint16_t) { return addresses; });
    }

    boost::asio::io_context context;
    tcp::acceptor living{context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
    Address alive = to_address(living.local_endpoint());
    SilentPlace silent;
    Address dead = [this] {
        // Closed at once: whoever connects is refused.
        tcp::acceptor gone(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        return to_address(gone.local_endpoint());
    }();
};

TEST(Interleaved, HasFamiliesTakeTurns) {
    EXPECT_EQ(interleaved({v6(1), v6(2), v6(3), v4(1), v4(2)}),
              (std::vector<Address>{v6(1), v4(1), v6(2), v4(2), v6(3)}));
    EXPECT_EQ(interleaved({v4(1), v6(1), v6(2)}), (std::vector<Address>{v4(1), v6(1), v6(2)}));
    EXPECT_EQ(interleaved({v4(2), v4(1)}), (std::vector<Address>{v4(2), v4(1)}));
    EXPECT_TRUE(interleaved({}).empty());
}

TEST_F(ReachTest, TakesTheFirstThatAnswers) {
    const Reached reached = reach_one_of({silent.address(), dead, silent.address(), alive});
    EXPECT_FALSE(reached.error);
    EXPECT_EQ(reached.server, alive);
    ASSERT_TRUE(reached.socket);
    EXPECT_EQ(to_address(reached.socket->remote_endpoint()), alive);
}

TEST_F(ReachTest, SaysWhyWhenAllRefuse) {
    EXPECT_EQ(reach_one_of({dead, dead}).error, std::errc::connection_refused);
}

TEST_F(ReachTest, TakesOneTimeoutForAllThatAreSilent) {
    const Address nobody = silent.address();
    EXPECT_EQ(reach_one_of({nobody, nobody, dead, nobody}, 20ms).error, Errc::timeout);
}

TEST_F(ReachTest, LooksNoAddressUp) {
    const auto unasked = [](const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
        ADD_FAILURE();
        return Errc::malformed;
    };
    const Reached reached = run_to_end("127.0.0.1", 1h, unasked, alive.port());
    EXPECT_EQ(reached.server, alive);
}

TEST_F(ReachTest, PassesOnWhatTheLookupSays) {
    const auto fails = [](const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
        return Errc::malformed;
    };
    EXPECT_EQ(run_to_end("name", 1h, fails).error, Errc::malformed);
    EXPECT_TRUE(reach_one_of({}).error) << "a name without addresses";
}

// A name server that says nothing until it is destroyed.
struct StuckLookUp {
    std::shared_ptr<std::promise<void>> end = std::make_shared<std::promise<void>>();
    std::shared_future<void> ended = end->get_future().share();
    std::shared_ptr<std::promise<void>> begun = std::make_shared<std::promise<void>>();

    ~StuckLookUp() { end->set_value(); }
    LookUp look_up() const {
        return [ended = ended, begun = begun](const std::string&, std::uint16_t) {
            begun->set_value();
            ended.wait();
            return Result<std::vector<Address>>(Errc::malformed);
        };
    }
};

TEST_F(ReachTest, GivesALookupUpInTime) {
    StuckLookUp stuck;
    EXPECT_EQ(run_to_end("name", 20ms, stuck.look_up()).error, Errc::timeout);
}

TEST_F(ReachTest, TakesTheFirstThatAnswersAThreadThatWaits) {
    const auto reached = reach_blocking_one_of({silent.address(), dead, silent.address(), alive});
    ASSERT_TRUE(reached) << reached.error();
    EXPECT_EQ(reached->server, alive);
    EXPECT_TRUE(living.accept().is_open());
    EXPECT_EQ(reach_blocking("127.0.0.1", alive.port(), 1h, {})->server, alive)
        << "addresses are not looked up";
}

TEST_F(ReachTest, TellsAThreadThatWaitsWhyThereIsNoServer) {
    const Address nobody = silent.address();
    EXPECT_EQ(reach_blocking_one_of({dead, dead}).error(), std::errc::connection_refused);
    EXPECT_EQ(reach_blocking_one_of({nobody, dead, nobody}, 20ms).error(), Errc::timeout);
    EXPECT_TRUE(reach_blocking_one_of({}).has_error()) << "a name without addresses";
    const auto fails = [](const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
        return Errc::malformed;
    };
    EXPECT_EQ(reach_blocking("name", 1, 1h, fails).error(), Errc::malformed);
    StuckLookUp stuck;
    EXPECT_EQ(reach_blocking("name", 1, 20ms, stuck.look_up()).error(), Errc::timeout);
}

TEST_F(ReachTest, GivesALookupUpWhenCancelled) {
    StuckLookUp stuck;
    boost::asio::cancellation_signal cancel;
    std::optional<Reached> reached;
    boost::asio::co_spawn(
        context, reach("name", 1, 1h, stuck.look_up()),
        boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, Reached result) {
            reached = std::move(result);
        }));
    boost::asio::post(context, [&] {
        stuck.begun->get_future().wait();
        cancel.emit(boost::asio::cancellation_type::terminal);
    });
    context.run();
    ASSERT_TRUE(reached);
    EXPECT_FALSE(reached->socket);
}

TEST_F(ReachTest, LetsItsContextGoWhileALookupRuns) {
    StuckLookUp stuck;
    auto own = std::make_unique<boost::asio::io_context>();
    boost::asio::co_spawn(*own, reach("name", 1, 1h, stuck.look_up()),
                          [](std::exception_ptr, Reached) { ADD_FAILURE() << "it was given up"; });
    own->poll();
    stuck.begun->get_future().wait();
    own.reset();
}

}  // namespace
}  // namespace netaio::net

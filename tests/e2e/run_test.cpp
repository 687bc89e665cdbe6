#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <netaio/testing.hpp>
#include <netaio/wait.hpp>

#include "support/net.hpp"

/// Programs that run until they end, or a signal ends them.
namespace netaio {
namespace {

using namespace test;

// Once the program waits.
awaitable<void> then_signal(int signal, std::chrono::milliseconds time = 10ms) {
    co_await netaio::sleep(time);
    std::raise(signal);
}

void signal_later(const boost::asio::any_io_executor& executor, int signal,
                  std::chrono::milliseconds time = 10ms) {
    boost::asio::co_spawn(executor, then_signal(signal, time), boost::asio::detached);
}

TEST(RunTest, ReturnsWhatTheProgramReturns) {
    EXPECT_EQ(run([]() -> awaitable<void> { co_return; }()), 0);
    EXPECT_EQ(run([]() -> awaitable<int> { co_return 3; }()), 3);
    EXPECT_EQ(run([]() -> awaitable<std::string> { co_return "text"; }()), "text");
}

TEST(RunTest, ThrowsWhatTheProgramThrows) {
    EXPECT_THROW(run([]() -> awaitable<void> {
                     throw std::runtime_error("it");
                     co_return;
                 }()),
                 std::runtime_error);
    EXPECT_THROW(run([]() -> awaitable<void> {
                     TcpClient client;
                     co_await client.connect(Address());
                     co_await client.request("x");
                 }()),
                 Error);
}

TEST(RunTest, ASignalCancelsTheProgramWhichCleansUp) {
    for (const int signal : {SIGINT, SIGTERM}) {
        bool cleaned = false;
        EXPECT_EQ(run([](int number, bool& done) -> awaitable<void> {
                      signal_later(co_await boost::asio::this_coro::executor, number);
                      try {
                          co_await netaio::sleep(1h);
                          ADD_FAILURE() << "it was not cancelled";
                      } catch (const Error& error) {
                          EXPECT_TRUE(error.code() == Errc::cancelled);
                      }
                      co_await boost::asio::this_coro::reset_cancellation_state();
                      co_await netaio::sleep(1ms);
                      done = true;
                  }(signal, cleaned)),
                  0);
        EXPECT_TRUE(cleaned);
    }
}

TEST(RunTest, ACancelledProgramThatThrowsThatReturns) {
    EXPECT_EQ(run([]() -> awaitable<void> {
                  signal_later(co_await boost::asio::this_coro::executor, SIGINT);
                  co_await netaio::sleep(never);
              }()),
              0);
    EXPECT_THROW(run([]() -> awaitable<int> {
                     signal_later(co_await boost::asio::this_coro::executor, SIGINT);
                     co_await netaio::sleep(never);
                     co_return 1;
                 }()),
                 Error);
}

// Does not let itself be cancelled.
awaitable<void> stubborn(bool& destroyed) {
    const std::shared_ptr<void> guard(nullptr, [&](void*) { destroyed = true; });
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    co_await netaio::sleep(1h);
    ADD_FAILURE() << "it was not destroyed";
}

TEST(RunTest, AProgramThatDoesNotEndInTimeIsDestroyed) {
    for (const auto grace : {0ms, 20ms}) {
        bool destroyed = false;
        EXPECT_EQ(run(
                      [](bool& gone) -> awaitable<void> {
                          signal_later(co_await boost::asio::this_coro::executor, SIGTERM);
                          co_await stubborn(gone);
                      }(destroyed),
                      {.grace = grace}),
                  0);
        EXPECT_TRUE(destroyed);
    }
}

TEST(RunTest, ASecondSignalEndsItAtOnce) {
    bool destroyed = false;
    EXPECT_EQ(run(
                  [](bool& gone) -> awaitable<void> {
                      const auto executor = co_await boost::asio::this_coro::executor;
                      signal_later(executor, SIGTERM);
                      signal_later(executor, SIGTERM, 50ms);
                      co_await stubborn(gone);
                  }(destroyed),
                  {.grace = never}),
              0);
    EXPECT_TRUE(destroyed);
}

TEST(RunTest, WhoWaitsForASignalHasItAlone) {
    EXPECT_EQ(run([]() -> awaitable<void> {
                  const auto executor = co_await boost::asio::this_coro::executor;
                  signal_later(executor, SIGINT);
                  EXPECT_EQ(co_await until_signal(), SIGINT);
                  signal_later(executor, SIGTERM);
                  EXPECT_EQ(co_await until_signal(), SIGTERM);
                  co_await netaio::sleep(1ms);  // it was not cancelled
              }()),
              0);
}

TEST(RunTest, SignalsAreForWhoeverWaitsThoughRunHandlesNone) {
    run(
        []() -> awaitable<void> {
            signal_later(co_await boost::asio::this_coro::executor, SIGTERM);
            EXPECT_EQ(co_await until_signal(), SIGTERM);
        }(),
        {.handle_signals = false});
}

TEST(RunTest, WaitingForASignalCanBeCancelled) {
    boost::asio::io_context context;
    boost::asio::cancellation_signal cancel;
    std::exception_ptr failure;
    boost::asio::co_spawn(
        context, until_signal(),
        boost::asio::bind_cancellation_slot(
            cancel.slot(), [&](std::exception_ptr thrown, int) { failure = thrown; }));
    context.poll();
    cancel.emit(boost::asio::cancellation_type::terminal);
    EXPECT_TRUE(run_until(context, [&] { return failure != nullptr; }));
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        EXPECT_TRUE(error.code() == Errc::cancelled);
    }
}

TEST(RunTest, AContextThatGoesAwayTakesWhoeverWaitsForASignal) {
    bool gone = false;
    {
        boost::asio::io_context context;
        boost::asio::co_spawn(
            context,
            [](std::shared_ptr<void>) -> awaitable<void> {
                co_await until_signal();
            }(std::shared_ptr<void>(nullptr, [&](void*) { gone = true; })),
            boost::asio::detached);
        context.poll();
        EXPECT_FALSE(gone);
    }
    EXPECT_TRUE(gone);
}

TEST(RunTest, OneTypeCatchesWhatWaitingCallsAndRunsThrow) {
    TcpServer first(local_options());
    ASSERT_FALSE(first.start());
    auto taken = local_options();
    taken.port = first.port();
    EXPECT_THROW(TcpServer(taken).run(), Error);
    EXPECT_THROW(run([]() -> awaitable<void> {
                     TcpClient client;
                     co_await client.receive_once();
                 }()),
                 Error);
}

TEST(SleepTest, GoesByTheTimeOfATestNetwork) {
    TestNetwork network;
    network.run(netaio::sleep(24h), 25h);
    network.run(netaio::sleep(0ms));
    network.run(netaio::sleep(-1h));
    EXPECT_THROW(network.run(netaio::sleep(never), 24h), std::logic_error);
}

}  // namespace
}  // namespace netaio

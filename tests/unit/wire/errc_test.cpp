#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <netaio/errc.hpp>
#include <set>
#include <string>
#include <system_error>

namespace netaio {
namespace {

constexpr int first_code = static_cast<int>(Errc::malformed);
constexpr int last_code = static_cast<int>(Errc::peer_changed);

TEST(Errc, IsAnErrorCodeOfItsOwnCategory) {
    const std::error_code code = Errc::timeout;
    EXPECT_TRUE(code);
    EXPECT_EQ(code, Errc::timeout);
    EXPECT_NE(code, Errc::closed);
    EXPECT_EQ(&code.category(), &netaio_category());
    EXPECT_STREQ(code.category().name(), "netaio");
}

TEST(Errc, SaysSomethingDifferentForEachCode) {
    std::set<std::string> messages;
    for (int value = first_code; value <= last_code; ++value) {
        messages.insert(netaio_category().message(value));
    }
    EXPECT_EQ(messages.size(), static_cast<std::size_t>(last_code - first_code + 1));
    EXPECT_FALSE(messages.contains(netaio_category().message(0)));
}

TEST(Errc, AnswersForValuesThatAreNoErrc) {
    EXPECT_EQ(netaio_category().message(last_code + 1), "unknown netaio error");
    EXPECT_EQ(netaio_category().message(-1), "unknown netaio error");
}

TEST(Errc, ComparesWithTheStandardConditionThatMeansTheSame) {
    EXPECT_EQ(make_error_code(Errc::timeout), std::errc::timed_out);
    EXPECT_EQ(make_error_code(Errc::closed), std::errc::connection_reset);
    EXPECT_EQ(make_error_code(Errc::cancelled), std::errc::operation_canceled);
    EXPECT_EQ(make_error_code(Errc::not_connected), std::errc::not_connected);
    EXPECT_EQ(make_error_code(Errc::too_large), std::errc::message_size);
    EXPECT_EQ(make_error_code(Errc::malformed), std::errc::bad_message);
    EXPECT_EQ(make_error_code(Errc::queue_full), std::errc::no_buffer_space);
}

TEST(Errc, KeepsWhatNoStandardConditionSays) {
    const std::error_condition condition =
        make_error_code(Errc::auth_failed).default_error_condition();
    EXPECT_EQ(condition.category(), netaio_category());
    EXPECT_NE(make_error_code(Errc::auth_failed), std::errc::permission_denied);
}

TEST(Errc, TravelsInAResult) {
    const Result<int> failed = make_error_code(Errc::malformed);
    ASSERT_TRUE(failed.has_error());
    EXPECT_EQ(failed.error(), Errc::malformed);
    EXPECT_EQ(Result<int>(7).value(), 7);
}

TEST(Errc, WhateverWasCancelledIsCancelled) {
    const boost::system::error_code asios = boost::asio::error::operation_aborted;
    EXPECT_TRUE(asios == Errc::cancelled);
    EXPECT_TRUE(Errc::cancelled == std::error_code(asios));
    EXPECT_FALSE(asios != Errc::cancelled);
    EXPECT_FALSE(asios == Errc::closed);
    EXPECT_TRUE(make_error_code(Errc::cancelled) == Errc::cancelled);
    EXPECT_TRUE(boost::system::error_code(make_error_code(Errc::cancelled)) == Errc::cancelled);
    EXPECT_TRUE(std::make_error_code(std::errc::operation_canceled) == Errc::cancelled);
    EXPECT_FALSE(std::error_code() == Errc::cancelled);
    EXPECT_FALSE(boost::system::error_code() == Errc::cancelled);
    EXPECT_TRUE(make_error_code(Errc::timeout) != Errc::cancelled);
}

}  // namespace
}  // namespace netaio

#include "exit_code.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>

namespace netaio::app {
namespace {

TEST(ExitCodes, FollowFromTheErrorsOfTheLibrary) {
    EXPECT_EQ(exit_code(std::error_code()), ExitCode::done);
    EXPECT_EQ(exit_code(Errc::timeout), ExitCode::timeout);
    EXPECT_EQ(exit_code(Errc::closed), ExitCode::cannot_connect);
    EXPECT_EQ(exit_code(Errc::not_connected), ExitCode::cannot_connect);
    EXPECT_EQ(exit_code(Errc::auth_failed), ExitCode::authentication);
    EXPECT_EQ(exit_code(Errc::auth_failed_unverified), ExitCode::authentication);
    EXPECT_EQ(exit_code(Errc::malformed), ExitCode::malformed);
    EXPECT_EQ(exit_code(Errc::unknown_message_type), ExitCode::malformed);
    EXPECT_EQ(exit_code(Errc::bad_checksum), ExitCode::malformed);
    EXPECT_EQ(exit_code(Errc::decrypt_failed), ExitCode::malformed);
    EXPECT_EQ(exit_code(Errc::too_large), ExitCode::local_limit);
    EXPECT_EQ(exit_code(Errc::queue_full), ExitCode::local_limit);
    EXPECT_EQ(exit_code(Errc::cancelled), ExitCode::interrupted);
    EXPECT_EQ(exit_code(Errc::auth_not_possible), ExitCode::other);
}

TEST(ExitCodes, TakeErrorsOfTheSystemForALostConnection) {
    EXPECT_EQ(exit_code(std::make_error_code(std::errc::connection_refused)),
              ExitCode::cannot_connect);
    EXPECT_EQ(exit_code(std::make_error_code(std::errc::connection_reset)),
              ExitCode::cannot_connect);
}

TEST(ExitCodes, FollowFromTheTypeOfTheAnswer) {
    EXPECT_EQ(exit_code(MessageType::respond_uri), 0);
    EXPECT_EQ(exit_code(MessageType::ok), 0);
    EXPECT_EQ(exit_code(MessageType::confirm_subscribe), 0);
    EXPECT_EQ(exit_code(MessageType::auth_error), 5);
    EXPECT_EQ(exit_code(MessageType::error), 84);
    EXPECT_EQ(exit_code(MessageType::not_found), 88);
    EXPECT_EQ(exit_code(MessageType::not_permitted), 89);
}

TEST(ExitCodes, AreAllInTheHelp) {
    const std::string help = exit_code_help();
    for (int code = 0; code <= static_cast<int>(ExitCode::interrupted); ++code) {
        EXPECT_NE(help.find("\n  " + std::to_string(code) + "  "), std::string::npos) << code;
    }
    for (const char* answer : {"84 ERROR", "88 NOT_FOUND", "89 NOT_PERMITTED"}) {
        EXPECT_NE(help.find(answer), std::string::npos) << answer;
    }
}

}  // namespace
}  // namespace netaio::app

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <netaio/environment.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace netaio {
namespace {

TEST(LogTest, WritesControlCharactersSoThatTheyCanBeSeen) {
    std::vector<std::string> lines;
    const Log log(LogLevel::info,
                  [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
    const std::string bad("a\nb\r\t\x1b[2J\x7f\0 \xc2\x9b", 14);
    log(LogLevel::warning, bad);
    log(LogLevel::warning, "caf\xc3\xa9 \xc3\x80 \\ as it is");
    log(LogLevel::debug, bad);
    EXPECT_EQ(lines, (std::vector<std::string>{"a\\nb\\r\\t\\x1b[2J\\x7f\\x00 \xc2\\x9b",
                                               "caf\xc3\xa9 \xc3\x80 \\ as it is"}));
}

TEST(LogTest, HasALevelThatCanBeTurnedForAllCopies) {
    const auto level = std::make_shared<std::atomic<LogLevel>>(LogLevel::warning);
    int lines = 0;
    const Log log(level, [&](LogLevel, std::string_view) { ++lines; });
    const Log copy = log;
    copy(LogLevel::info, "not yet");
    *level = LogLevel::info;
    copy(LogLevel::info, "now");
    EXPECT_EQ(lines, 1);
    EXPECT_FALSE(Log(level, {}).enabled(LogLevel::error));
    EXPECT_THROW(Log(nullptr, [](LogLevel, std::string_view) {}), std::invalid_argument);
}

}  // namespace
}  // namespace netaio

#include "output.hpp"

#include <gtest/gtest.h>

#include "round_trips.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::app {
namespace {

using test::TemporaryFolder;

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// What a function prints on standard output.
template <class Show>
std::string printed(Show show) {
    testing::internal::CaptureStdout();
    show();
    return testing::internal::GetCapturedStdout();
}

TEST(JsonOutput, HoldsTypeUriAndText) {
    EXPECT_EQ(json_line(OwnedMessage(MessageType::respond_uri, "greeting", "Hello \"you\".\n")),
              R"({"type":"RESPOND_URI","uri":"greeting","text":"Hello \"you\".\n"})");
    EXPECT_EQ(json_line(OwnedMessage(MessageType::not_found, "", "")),
              R"({"type":"NOT_FOUND","uri":"","text":""})");
}

TEST(JsonOutput, WritesBytesThatAreNoTextAsBase64) {
    EXPECT_EQ(json_line(OwnedMessage(MessageType::respond_uri, "greeting", "\xff\xfe\xfd")),
              R"({"type":"RESPOND_URI","uri":"greeting","base64":"//79"})");
    EXPECT_EQ(json_line(OwnedMessage(MessageType::respond_uri, "\xff", "text")),
              R"({"type":"RESPOND_URI","uri_base64":"/w==","text":"text"})");
}

TEST(JsonOutput, NamesUnknownTypesByTheirNumber) {
    EXPECT_EQ(json_line(OwnedMessage(static_cast<MessageType>(50), "u", "")),
              R"({"type":"50","uri":"u","text":""})");
}

TEST(JsonOutput, NamesTheFileThatTookTheContent) {
    const TemporaryFolder folder;
    const OutputOptions options{.json = true, .file = folder.file("content")};
    const OwnedMessage answer(MessageType::respond_uri, "u", "12345");
    EXPECT_EQ(printed([&] { show_answer(answer, options); }),
              R"({"type":"RESPOND_URI","uri":"u","file":")" + options.file +
                  R"(","bytes":5})"
                  "\n");
    EXPECT_EQ(contents(options.file), "12345");
}

TEST(TextOutput, IsTheContentAsItIs) {
    const OwnedMessage answer(MessageType::respond_uri, "u", "\x1b no line end");
    EXPECT_EQ(printed([&] { show_answer(answer, {}); }), "\x1b no line end");
    const OwnedMessage empty(MessageType::respond_uri, "u", "");
    EXPECT_EQ(printed([&] { show_answer(empty, {}); }), "");
}

TEST(TextOutput, IsTheTypeWhenThereIsNoContent) {
    EXPECT_EQ(printed([&] { show_answer(OwnedMessage(MessageType::ok, "u"), {}); }), "OK\n");
}

TEST(TextOutput, GoesToTheFileNamed) {
    const TemporaryFolder folder;
    const OutputOptions options{.file = folder.file("content")};
    const OwnedMessage answer(MessageType::respond_uri, "u", std::string("\0\n", 2));
    EXPECT_EQ(printed([&] { show_answer(answer, options); }), "");
    EXPECT_EQ(contents(options.file), std::string("\0\n", 2));
}

TEST(TextOutput, GivesNotificationsALineEach) {
    const OwnedMessage news(MessageType::notify_uri, "a\tb", "one\ntwo\\\x1b");
    EXPECT_EQ(printed([&] { show_notification(news, {}); }), "a\\tb\tone\\ntwo\\\\\\x1b\n");
}

TEST(RoundTripTimes, AreOrderedAndRanked) {
    RoundTrips trips;
    for (int ms = 100; ms >= 1; --ms) trips.add(std::chrono::milliseconds(ms));
    EXPECT_EQ(trips.quantile(0), 1);
    EXPECT_EQ(trips.quantile(0.5), 50);
    EXPECT_EQ(trips.quantile(0.99), 99);
    EXPECT_EQ(trips.quantile(1), 100);
}

TEST(RoundTripTimes, AreShownAsTextAndJson) {
    RoundTrips trips;
    trips.add(std::chrono::microseconds(1500));
    EXPECT_EQ(trips.text("host:1"),
              "1 answer from host:1\nmin 1.500 ms, median 1.500 ms, p99 1.500 ms, max 1.500 ms");
    EXPECT_EQ(
        trips.json("host:1"),
        R"({"server":"host:1","count":1,"min_ms":1.5,"median_ms":1.5,"p99_ms":1.5,"max_ms":1.5})");
}

}  // namespace
}  // namespace netaio::app

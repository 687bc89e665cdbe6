#include "daemon_view.hpp"

#include <gtest/gtest.h>

#include "exit_code.hpp"

namespace netaio::app {
namespace {

using namespace std::chrono_literals;

const SeenTable::TimePoint began{100h};

Json seen(const std::string& uri, const std::string& who = "hmac:alice", int size = 100) {
    return {{"who", {who}},
            {"app", "lamp"},
            {"direction", "in"},
            {"type", "REQUEST_URI"},
            {"uri", uri},
            {"size", size},
            {"far_end", "tcp:192.0.2.1:8888"}};
}

TEST(DaemonView, TellsOfADaemon) {
    const Json status = Json::parse(R"({
        "uptime_s": 3725.5,
        "apps": [{"name": "lamp\u001b", "uid": 1000, "pid": 42,
                  "keys": [{"type": "REQUEST_URI", "uri": "light"},
                           {"type": "NOTIFY_URI", "prefix": "room/"}], "keys_left_out": 2,
                  "peers": 1, "queued_bytes": 2048, "paused": true,
                  "traffic": {"messages_in": 1, "bytes_in": 10, "messages_out": 0, "bytes_out": 0},
                  "by_prefix": [], "drops": {"rules": 0, "queue": 3}}],
        "peers": [{"id_base64": "/w==", "addresses": ["192.0.2.1:8888"]}],
        "totals": {"apps": 1, "keys": 4, "peers": 1,
                   "traffic": {"messages_in": 1, "bytes_in": 10, "messages_out": 0, "bytes_out": 0},
                   "queued_bytes": 2048, "drops": {"rules": 0, "queue": 3}}})");
    EXPECT_EQ(status_text(status),
              "netaiod, up 1 h 2 min: 1 app, 4 keys, 1 peer\n"
              "to apps: 1 message, 10B; from apps: 0 messages, 0B\n"
              "waiting: 2.0kB; dropped: 3 queue\n"
              "\n"
              "APP       UID   PID  KEYS  PEERS  IN  OUT  WAITING  DROPPED  \n"
              "lamp\\x1b  1000  42   4     1      1   0    2.0kB    3        paused\n"
              "\n"
              "lamp\\x1b serves\n"
              "  REQUEST_URI light\n"
              "  NOTIFY_URI room/...\n"
              "  and 2 more\n"
              "\n"
              "peers\n"
              "  base64:/w== at 192.0.2.1:8888\n");
}

TEST(DaemonView, RefusesWhatNoDaemonSays) {
    for (const char* text : {"", "x", "[1]", "1"})
        EXPECT_THROW(daemon_object(text), Failure) << text;
    EXPECT_THROW(status_text(daemon_object("{}")), Failure);
    EXPECT_THROW(seen_line(daemon_object(R"({"who":1})")), Failure);
    SeenTable table;
    EXPECT_THROW(table.count(daemon_object("{}"), began), Failure);
}

TEST(DaemonView, ShowsAMessageOnALine) {
    EXPECT_EQ(seen_line(seen("a\tb")),
              "in\tlamp\tREQUEST_URI\ta\\tb\t100\thmac:alice\ttcp:192.0.2.1:8888");
    Json nobodys = seen("x");
    nobodys["who"] = Json::array();
    nobodys["app"] = nobodys["far_end"] = "";
    EXPECT_EQ(seen_line(nobodys), "in\t-\tREQUEST_URI\tx\t100\tnobody\t-");
    EXPECT_EQ(seen_line({{"missed", 7}}), "missed\t7");
}

TEST(SeenTable, ShowsTheBusiestFirst) {
    SeenTable table;
    table.count(seen("rare\x1b"), began);
    for (int i = 0; i < 1000; ++i) table.count(seen("often"), began + i * 10ms);
    table.count({{"missed", 3}}, began + 10s);
    EXPECT_EQ(table.text(began + 10s, 80, 24),
              "MSG/S  B/S   TOTAL  WHO         URI\n"
              "96.7   9.7k  1000   hmac:alice  often\n"
              "0      1     1      hmac:alice  rare\\x1b\n"
              "96.7 messages/s, 1001 seen, 3 missed\n");
    EXPECT_NE(table.text(began + 1h, 80, 24).find("0 messages/s"), std::string::npos);
}

TEST(SeenTable, FitsTheTerminal) {
    SeenTable table;
    for (int i = 0; i < 20; ++i) table.count(seen(std::to_string(i)), began);
    const std::string text = table.text(began, 20, 6);
    EXPECT_EQ(std::ranges::count(text, '\n'), 6);
    EXPECT_NE(text.find("and 17 more\n"), std::string::npos);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        EXPECT_LE(text.find('\n', at) - at, 20u);
    }
}

TEST(SeenTable, KeepsNoMoreThanItMayOfWhatStrangersName) {
    SeenTable table;
    for (std::size_t i = 0; i < 2 * SeenTable::rows_max; ++i) {
        table.count(seen(std::to_string(i)), began + std::chrono::milliseconds(i));
    }
    const std::string text = table.text(began + 2s, 80, 10);
    EXPECT_NE(text.find("and 993 more\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace netaio::app

#include "status.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace netaio::daemon {
namespace {

using namespace std::chrono_literals;

TEST(AppTraffic, CountsByTheBeginningOfUris) {
    Traffic traffic;
    traffic.count(Direction::in, "room/light", 10);
    traffic.count(Direction::out, "room/heater", 20);
    traffic.count(Direction::in, "news", 5);
    EXPECT_EQ(traffic.total(), (Amounts{2, 15, 1, 20}));
    EXPECT_EQ(traffic.by_prefix().at("room/"), (Amounts{1, 10, 1, 20}));
    EXPECT_EQ(traffic.by_prefix().at("news"), (Amounts{1, 5, 0, 0}));
    EXPECT_EQ(traffic.others(), Amounts());
}

TEST(AppTraffic, KeepsNoMoreThanItMayOfWhatStrangersName) {
    Traffic traffic;
    traffic.count(Direction::in, std::string(Traffic::prefix_size_max + 1, 'x'), 1);
    EXPECT_TRUE(traffic.by_prefix().empty());
    for (int i = 0; i < 1000; ++i) traffic.count(Direction::in, std::to_string(i) + "/x", 1);
    EXPECT_EQ(traffic.by_prefix().size(), Traffic::prefixes_max);
    EXPECT_EQ(traffic.others().messages_in, 1001 - Traffic::prefixes_max);
    EXPECT_EQ(traffic.total().messages_in, 1001u);
}

TEST(DaemonStatus, TellsOfAppsPeersAndTotals) {
    Traffic traffic;
    traffic.count(Direction::in, "room/light", 10);
    traffic.drop(Drop::queue);
    DaemonStatus status;
    status.uptime = 1500ms;
    status.apps.push_back({.app = {"lamp", 1000, 42},
                           .keys = {{request_uri, "room/light"}, {notify_uri, "\xff", true}},
                           .peers = 1,
                           .queued_bytes = 7,
                           .traffic = &traffic});
    status.peers.push_back({.id = "kitchen", .addresses = {*Address::parse("192.0.2.1:8888")}});
    status.others.drop(Drop::unowned);
    const auto json = nlohmann::json::parse(status_json(status));
    EXPECT_EQ(json["uptime_s"], 1.5);
    EXPECT_EQ(json["apps"], nlohmann::json::parse(R"([{
        "name": "lamp", "uid": 1000, "pid": 42,
        "keys": [{"type": "REQUEST_URI", "uri": "room/light"},
                 {"type": "NOTIFY_URI", "prefix_base64": "/w=="}],
        "peers": 1, "queued_bytes": 7, "paused": false,
        "traffic": {"messages_in": 1, "bytes_in": 10, "messages_out": 0, "bytes_out": 0},
        "by_prefix": [{"prefix": "room/", "messages_in": 1, "bytes_in": 10, "messages_out": 0,
                       "bytes_out": 0}],
        "drops": {"rules": 0, "unowned": 0, "not_owner": 0, "queue": 1, "unreached": 0,
                  "malformed": 0}}])"));
    EXPECT_EQ(json["peers"],
              nlohmann::json::parse(R"([{"id": "kitchen", "addresses": ["192.0.2.1:8888"]}])"));
    EXPECT_EQ(json["totals"]["apps"], 1);
    EXPECT_EQ(json["totals"]["keys"], 2);
    EXPECT_EQ(json["totals"]["queued_bytes"], 7);
    EXPECT_EQ(json["totals"]["traffic"]["bytes_in"], 10);
    EXPECT_EQ(json["totals"]["drops"]["queue"], 1);
    EXPECT_EQ(json["totals"]["drops"]["unowned"], 1);
}

TEST(DaemonStatus, FitsAMessageWhateverThereIsToTell) {
    DaemonStatus status;
    for (int i = 0; i < 100; ++i) {
        AppStatus app;
        for (int k = 0; k < 200; ++k) app.keys.push_back({request_uri, std::string(100, 'x')});
        status.apps.push_back(app);
    }
    const std::string text = status_json(status);
    EXPECT_LE(text.size(), Body::payload_max);
    const auto json = nlohmann::json::parse(text);
    EXPECT_EQ(json["totals"]["keys"], 20'000);
    EXPECT_EQ(json["apps"].size() + json.value("apps_left_out", 0u), 100u);
    const auto& app = json["apps"][0];
    EXPECT_GT(app["keys"].size(), 0u);
    EXPECT_EQ(app["keys"].size() + app.value("keys_left_out", 0u), 200u);
    EXPECT_EQ(nlohmann::json::parse(status_json(status, 1000))["apps_left_out"], 99);
}

}  // namespace
}  // namespace netaio::daemon

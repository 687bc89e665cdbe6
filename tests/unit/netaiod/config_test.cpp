#include "config.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "support/temporary_folder.hpp"

namespace netaio::daemon {
namespace {

constexpr const char* where = "/etc/netaio/netaiod.toml";

Config config_of(const std::string& text) {
    return parse_config(text, where);
}

std::string refusal_of(const std::string& text) {
    try {
        config_of(text);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "nothing is refused";
}

TEST(Config, OfNothingIsAllDefaults) {
    const Config config = config_of("");
    EXPECT_EQ(config.process.socket, default_socket());
    EXPECT_EQ(config.process.log_level, "info");
    EXPECT_TRUE(config.tcp.listen.empty());
    EXPECT_FALSE(config.udp.enabled);
    EXPECT_FALSE(config.peers.exchange);
    EXPECT_EQ(config.quota.app.registrations, Quota().app.registrations);
    EXPECT_EQ(print_config(config), print_config(Config()));
}

constexpr const char* everything = R"([daemon]
socket = "/run/here/it.sock"
group = "netaio"
user = "netaio"
log_level = "debug"
log_format = "json"
drain = 2.5

[local]
users = ["alice", "1000"]
groups = ["staff"]
rules = "local.toml"
any_address = false

[tcp]
listen = ["0.0.0.0:8888", "[::1]:9999"]
peer_keys = "0707070707070707070707070707070707070707070707070707070707070707"
connections_max = 100
strangers_per_host_max = 10
frame_max = "64k"
idle_timeout = "2m"
frame_timeout = 3
send_timeout = 4
keepalive_timeout = 0
send_queue_max = "1M"
slow_receiver = "disconnect"

[udp]
enabled = true
port = 7777
interfaces = ["eth0", "192.0.2.1"]
ipv6 = false
group4 = "239.1.2.3"
group6 = "ff02::1"
hops = 3

[protection]
hmac = [{ name = "new", file = "new.secret" }, { name = "old", file = "/keys/old" }]
cipher = [{ name = "new", file = "new.key" }, { name = "old", file = "/keys/old.key" }]
hashcash = 18
hashcash_realm = "here"
max_age = "1m"
max_ahead = 5
seen_mark = "seen"
dialect = "0.0.9"
session = "require"
session_seed = "own.seed"
known_peers = "known"
rules = "remote.toml"

[servers.hub]
address = "hub.example:8888"
hmac = "hub.secret"
session = "offer"
known_peers = "/var/known"
peer_keys = ["0707070707070707070707070707070707070707070707070707070707070707"]

[servers.local]
address = "unix:local.sock"
plain = true

[peers]
bootstrap = ["192.0.2.7:8888", "[2001:db8::7]:8888"]
exchange = true
exchange_max = 5

[limits]
answer_timeout = "2s"
questions_max = 7
server_idle = 3.5

[quota.app]
registrations = 11
key_bytes = "12k"
queued_bytes = 13
messages_per_second = 100000
bytes_per_second = "15M"
message_burst = 16
byte_burst = 17

[quota.user]
connections = 9
servers = 5
registrations = 21

[types]
launch = 50
launched = 51

[answers]
launch = "launched"
)";

TEST(Config, TakesEveryKey) {
    const Config config = config_of(everything);
    EXPECT_EQ(config.process.socket, "/run/here/it.sock");
    EXPECT_EQ(config.process.drain, 2.5);
    EXPECT_EQ(config.local.users, (std::vector<std::string>{"alice", "1000"}));
    EXPECT_EQ(config.local.rules, "/etc/netaio/local.toml");
    EXPECT_FALSE(config.local.any_address);
    EXPECT_EQ(config.quota.servers, 5u);
    EXPECT_EQ(config.tcp.listen.at(1).str(), "[::1]:9999");
    EXPECT_EQ(config.tcp.limits.frame_max, 65536u);
    EXPECT_EQ(config.tcp.limits.idle_timeout, 120);
    EXPECT_EQ(config.udp.port, 7777);
    EXPECT_FALSE(config.udp.ipv6);
    EXPECT_EQ(config.protection.hmac,
              (std::vector<std::string>{"new=@/etc/netaio/new.secret", "old=@/keys/old"}));
    EXPECT_EQ(config.protection.freshness.max_age, 60);
    EXPECT_EQ(config.protection.freshness.mark, "/etc/netaio/seen");
    EXPECT_EQ(config.tcp.peer_keys, config.servers.at("hub").session.peer_keys);
    EXPECT_EQ(config.session.policy, "require");
    EXPECT_EQ(config.session.seed, "/etc/netaio/own.seed");
    EXPECT_EQ(config.session.known_peers, "/etc/netaio/known");
    EXPECT_EQ(config.servers.at("hub").session.known_peers, "/var/known");
    EXPECT_EQ(config.remote_rules, "/etc/netaio/remote.toml");
    EXPECT_EQ(config.servers.at("hub").address.str(), "hub.example:8888");
    EXPECT_EQ(config.servers.at("local").address.host, "unix:/etc/netaio/local.sock");
    EXPECT_EQ(config.peers.bootstrap.size(), 2u);
    EXPECT_EQ(config.limits.answer_timeout, 2);
    EXPECT_EQ(config.limits.questions_max, 7u);
    EXPECT_EQ(config.limits.server_idle, 3.5);
    EXPECT_EQ(config.quota.app.messages_per_second, 100000);
    EXPECT_EQ(config.quota.app.key_bytes, 12288u);
    EXPECT_EQ(config.quota.connections, 9u);
    EXPECT_EQ(config.quota.user.key_bytes, Quota().user.key_bytes);
    const auto launch = static_cast<MessageType>(50);
    EXPECT_EQ(config.types.answer_to(launch), static_cast<MessageType>(51));
}

TEST(Config, PrintedIsTheSameWhereverItIsRead) {
    for (const std::string text : {"", everything}) {
        const std::string printed = print_config(config_of(text));
        const Config again = parse_config(printed, "/somewhere/else.toml");
        EXPECT_EQ(print_config(again), printed);
        EXPECT_TRUE(needs_restart(config_of(text), again).empty());
    }
}

TEST(Config, KnowsWhereItsKeysStand) {
    const Config config = config_of("[daemon]\n\nsocket = \"/run/a/b\"\n");
    EXPECT_EQ(config.places.at("daemon.socket").line, 3u);
    EXPECT_EQ(config.places.at("daemon.socket").column, 10u);
}

TEST(Config, GivesServersWithoutSecretsThoseOfTheNode) {
    const Config config = config_of(
        "[protection]\nhmac = \"a\"\n"
        "[servers.same]\naddress = \"a:1\"\n"
        "[servers.own]\naddress = \"b:1\"\nhmac = \"b\"\n"
        "[servers.none]\naddress = \"c:1\"\nplain = true\n");
    const auto secrets = [&](const char* name) {
        return config.protection_of(config.servers.at(name)).hmac;
    };
    EXPECT_EQ(secrets("same"), config.protection.hmac);
    EXPECT_EQ(secrets("own"), std::vector<std::string>{"@/etc/netaio/b"});
    EXPECT_TRUE(secrets("none").empty());
    EXPECT_EQ(config.servers.at("own").protection.called("max-age"), "servers.own.max_age");
}

TEST(Config, GivesServersTheSessionsOfTheNode) {
    const Config config = config_of(
        "[protection]\nsession = \"require\"\nknown_peers = \"known\"\nsession_seed = \"seed\"\n"
        "[servers.same]\naddress = \"a:1\"\n"
        "[servers.own]\naddress = \"b:1\"\nsession = \"offer\"\nknown_peers = \"own\"\n"
        "[servers.none]\naddress = \"c:1\"\nplain = true\n"
        "[servers.known]\naddress = \"d:1\"\nplain = true\nknown_peers = \"own\"\n");
    const auto session = [&](const char* name) {
        return config.session_of(config.servers.at(name));
    };
    EXPECT_EQ(session("same"), config.session);
    EXPECT_EQ(session("own").policy, "offer");
    EXPECT_EQ(session("own").known_peers, "/etc/netaio/own");
    EXPECT_EQ(session("own").seed, config.session.seed);
    EXPECT_EQ(session("none").policy, "off");
    EXPECT_EQ(session("known").policy, "");
    EXPECT_EQ(session("known").known_peers, "/etc/netaio/own");
}

TEST(Config, TheSocketOfTheDaemonIsNoServer) {
    EXPECT_EQ(refusal_of("[daemon]\nsocket = \"run/it.sock\"\n"
                         "[servers.own]\naddress = \"unix:run/../run/it.sock\"\n"),
              "/etc/netaio/netaiod.toml:4:11: this is daemon.socket, where programs connect as who "
              "they are; name another server");
}

TEST(Config, TellsWhatANewOneNeedsARestartFor) {
    const Config now = config_of("[servers.a]\naddress = \"a:1\"\n");
    EXPECT_EQ(needs_restart(now, config_of("[tcp]\nlisten = [\"127.0.0.1:1\"]\n"
                                           "[daemon]\nlog_level = \"off\"\n"
                                           "[protection]\nhmac = \"a\"\n"
                                           "[quota.app]\nregistrations = 1\n"
                                           "[types]\na = 40\n")),
              (std::vector<std::string>{"tcp.listen", "types"}));
}

struct Wrong {
    const char* text;
    const char* at;
    const char* says;
};

class WrongConfig : public testing::TestWithParam<Wrong> {};

TEST_P(WrongConfig, IsRefusedWithLineAndColumn) {
    const auto& [text, at, says] = GetParam();
    const std::string refusal = refusal_of(text);
    EXPECT_TRUE(refusal.starts_with(std::string(where) + ':' + at + ": ")) << refusal;
    EXPECT_NE(refusal.find(says), std::string::npos) << refusal;
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongConfig,
    testing::Values(
        Wrong{"a = ", "1:5", ""},
        Wrong{"[daemon]\nsockets = \"a\"", "2:1", "there is no key 'sockets' in [daemon], but"},
        Wrong{"demon = 1", "1:1", "there is no key 'demon' here"},
        Wrong{"daemon = 1", "1:10", "[daemon]"},
        Wrong{"[quota.app]\n\"x y\" = 1", "2:1", "in [quota.app]"},
        Wrong{"[quota]\nall = 1", "2:1", "in [quota], but app and user"},
        Wrong{"[daemon]\nsocket = 1", "2:10", "a text"},
        Wrong{"[daemon]\nuser = \"\"", "2:8", "is empty"},
        Wrong{"[daemon]\nlog_level = \"loud\"", "2:13", "\"warning\""},
        Wrong{"[daemon]\nlog_format = \"xml\"", "2:14", "\"json\""},
        Wrong{"[daemon]\ndrain = -1", "2:9", "a time from 0"},
        Wrong{"[daemon]\ndrain = nan", "2:9", "a time from 0"},
        Wrong{"[daemon]\ndrain = \"soon\"", "2:9", "a time from 0"},
        Wrong{"[local]\nusers = [\"a\", 5]", "2:15", "a text"},
        Wrong{"[tcp]\nlisten = \"localhost:8888\"", "2:10", "no IP address"},
        Wrong{"[tcp]\nlisten = \"127.0.0.1\"", "2:10", "has no port"},
        Wrong{"[tcp]\nlisten = \"unix:/a\"", "2:10", "no IP address"},
        Wrong{"[tcp]\nframe_max = \"1G\"", "2:13", "number of bytes from 9 to 131079"},
        Wrong{"[tcp]\nconnections_max = 0", "2:19", "whole number from 1"},
        Wrong{"[tcp]\nconnections_max = 1.5", "2:19", "whole number from 1"},
        Wrong{"[tcp]\nslow_receiver = \"wait\"", "2:17", "\"drop-oldest\""},
        Wrong{"[udp]\nenabled = \"yes\"", "2:11", "true or false"},
        Wrong{"[udp]\nport = 65536", "2:8", "from 0 to 65535"},
        Wrong{"[udp]\ngroup4 = \"ff02::1\"", "2:10", "no multicast address of IPv4"},
        Wrong{"[udp]\ngroup6 = \"fe80::1\"", "2:10", "no multicast address of IPv6"},
        Wrong{"[udp]\nipv4 = false\nipv6 = false", "3:8", "both false"},
        Wrong{"[protection]\nhmac = { name = \"a\" }", "2:8", "the name of its file"},
        Wrong{"[protection]\nhmac = { name = \"a b\", file = \"f\" }", "2:8", "letters, digits"},
        Wrong{"[protection]\nhmac = [\"a\", \"b\"]", "2:14", "two are named 'default'"},
        Wrong{"[protection]\nhashcash = 99", "2:12", "whole number"},
        Wrong{"[protection]\nmax_age = 0", "2:11", "a time from 0.001"},
        Wrong{"[protection]\ndialect = \"0.1\"", "2:11", "\"0.0.8\""},
        Wrong{"[protection]\nsession = \"on\"", "2:11", "\"require\""},
        Wrong{"[tcp]\npeer_keys = [\"12ab\"]", "2:14", "64 hexadecimal digits"},
        Wrong{"[servers.a]\nplain = true", "1:1", "needs an address"},
        Wrong{"[servers.a]\naddress = \"a\"", "2:11", "has no port"},
        Wrong{"[servers.\"a b\"]\naddress = \"a:1\"", "1:10", "is no name"},
        Wrong{"[servers]\na = 1", "2:5", "[servers.a]"},
        Wrong{"[servers.a]\naddress = \"a:1\"\nplain = true\nhmac = \"s\"", "3:9",
              "has no secrets"},
        Wrong{"[peers]\nbootstrap = [\"192.0.2.1:0\"]", "2:14", "no port above 0"},
        Wrong{"[peers]\nexchange = true", "2:12", "authenticate"},
        Wrong{"[quota.user]\nconnections = 0", "2:15", "whole number from 1"},
        Wrong{"[types]\nlaunch = 30", "2:10", "from 31 to 255"},
        Wrong{"[types]\nOK = 40", "2:6", "OK"}, Wrong{"[types]\na = 40\nb = 40", "3:5", "40"},
        Wrong{"[types]\na = 40\n[answers]\na = \"b\"", "4:5", "both from [types]"}));

TEST(Config, SaysAllThatIsWrongByLine) {
    EXPECT_EQ(refusal_of("[udp]\nport = -1\n[daemon]\nuser = 1\n"),
              std::string(where) + ":2:8: this is to be a whole number from 0 to 65535\n" + where +
                  ":4:8: this is to be a text, in quotes");
}

TEST(Config, CannotBeReadFromWhatIsNoFile) {
    const test::TemporaryFolder folder;
    EXPECT_THROW(load_config(folder.file("missing")), ConfigError);
    EXPECT_THROW(load_config(folder.path().string()), ConfigError);
    EXPECT_NO_THROW(load_config(folder.write("netaiod.toml", "[daemon]\n")));
}

}  // namespace
}  // namespace netaio::daemon

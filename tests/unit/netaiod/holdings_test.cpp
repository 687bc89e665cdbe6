#include "holdings.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary_folder.hpp"

namespace netaio::daemon {
namespace {

class HoldingsTest : public testing::Test {
protected:
    Config config(const std::string& text) const {
        return parse_config(text, folder_.file("netaiod.toml"));
    }
    std::string refusal(const std::string& text) const {
        try {
            hold(config(text));
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "nothing is refused";
    }

    test::TemporaryFolder folder_;
};

TEST_F(HoldingsTest, AreReadFromTheFilesThatAConfigurationNames) {
    folder_.write("secret", "swordfish\n");
    folder_.write("rules", "[[rule]]\nallow = \"launch\"\nwho = \"*\"\n");
    const Holdings holdings =
        hold(config("[local]\nrules = \"rules\"\n[protection]\nhmac = \"secret\"\n"
                    "[types]\nlaunch = 50\n[servers.a]\naddress = \"a:1\"\n"));
    EXPECT_TRUE(holdings.protection.outer.auth);
    EXPECT_TRUE(holdings.servers.at("a").outer.auth);
    EXPECT_TRUE(holdings.local_rules);
    EXPECT_FALSE(holdings.remote_rules);
}

TEST_F(HoldingsTest, ThatAreMissingAreToldByLineAndColumn) {
    const std::string file = folder_.file("netaiod.toml");
    folder_.write("rules", "default = 1\n");
    const std::string said = refusal(
        "[protection]\n"
        "dialect = \"0.0.8\"\n"
        "hmac = \"secret\"\n"
        "rules = \"rules\"\n"
        "[local]\n"
        "groups = \"no-such-group\"\n"
        "rules = \"none\"\n");
    EXPECT_NE(said.find(file + ":3:8: protection.hmac: cannot open"), std::string::npos) << said;
    EXPECT_NE(said.find(folder_.file("rules") + ":1:"), std::string::npos) << said;
    EXPECT_NE(said.find(file + ":6:10: local.groups: there is no group"), std::string::npos)
        << said;
    EXPECT_NE(said.find(file + ":7:9: " + folder_.file("none")), std::string::npos) << said;
}

TEST_F(HoldingsTest, HaveSessionsWhereThereIsASecretOrAKey) {
    folder_.write("seed", std::string(32, 's'));
    folder_.write("secret", "swordfish\n");
    const std::string key(64, '7');
    const Holdings holdings = hold(
        config("[tcp]\nlisten = \"127.0.0.1:0\"\npeer_keys = \"" + key +
               "\"\n[protection]\nsession_seed = \"seed\"\nhmac = \"secret\"\n"
               "[servers.a]\naddress = \"a:1\"\nsession = \"require\"\nknown_peers = \"known\"\n"
               "[servers.b]\naddress = \"b:1\"\nplain = true\n"));
    EXPECT_EQ(holdings.with_clients.policy, SessionPolicy::require);
    EXPECT_EQ(holdings.with_clients.peer_keys.size(), 1u);
    EXPECT_EQ(holdings.with_clients.seed.reveal(), std::string(32, 's'));
    EXPECT_EQ(holdings.with_addresses.policy, SessionPolicy::offer);
    EXPECT_EQ(holdings.with_servers.at("a").policy, SessionPolicy::require);
    EXPECT_TRUE(holdings.with_servers.at("a").known);
    EXPECT_EQ(holdings.with_servers.at("b").policy, SessionPolicy::off);
    EXPECT_EQ(hold(Config()).with_addresses.policy, SessionPolicy::off);
}

TEST_F(HoldingsTest, RefuseSessionsThatProtectFromNobody) {
    const std::string said = refusal("[servers.a]\naddress = \"a:1\"\nsession = \"require\"\n");
    EXPECT_NE(said.find(":3:11: servers.a.session: a session that is required with anybody "
                        "protects from nobody; add servers.a.hmac or servers.a.peer_keys or "
                        "servers.a.known_peers"),
              std::string::npos)
        << said;
    EXPECT_NE(refusal("[protection]\nsession_seed = \"missing\"\n").find("cannot open"),
              std::string::npos);
}

TEST_F(HoldingsTest, DoNotWaitForWhoWritesToAPipe) {
    const std::string pipe = folder_.file("pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_NE(refusal("[protection]\nhmac = \"pipe\"\n").find("is empty"), std::string::npos);
    EXPECT_NE(refusal("[local]\nrules = \"pipe\"\n").find("it is no regular file"),
              std::string::npos);
    EXPECT_THROW(load_config(pipe), ConfigError);
}

TEST_F(HoldingsTest, NeedMoreThanOneKeyForSomeOptions) {
    EXPECT_NE(refusal("[protection]\nmax_age = 60\n")
                  .find(":2:11: protection.max_age: nobody can tell how old"),
              std::string::npos);
}

TEST_F(HoldingsTest, LetTheDaemonsOwnUserAndThoseNamedConnect) {
    const auto who = [](std::uint32_t uid, std::uint32_t gid) {
        return Credentials{.uid = uid, .gid = gid, .pid = 1};
    };
    const LocalUsers own;
    EXPECT_TRUE(own.allow(who(::geteuid(), 4'000'000)));
    EXPECT_FALSE(own.allow(who(4'000'001, ::getegid())));
    const LocalUsers named({.users = {"4000001"}, .groups = {"4000002"}, .rules = ""});
    EXPECT_TRUE(named.allow(who(4'000'001, 4'000'000)));
    EXPECT_TRUE(named.allow(who(4'000'003, 4'000'002)));
    EXPECT_FALSE(named.allow(who(4'000'003, 4'000'000)));
}

}  // namespace
}  // namespace netaio::daemon

#include <gtest/gtest.h>

#include <fstream>
#include <netaio/access_rules.hpp>
#include <random>

#include "core/rule_reader.hpp"
#include "support/plain_rules.hpp"
#include "support/temporary_folder.hpp"

namespace netaio {
namespace {

constexpr auto allow = Access::allow;
constexpr auto deny = Access::deny;

const Identities nobody;
const Identities alice = Identity{"hmac", "alice"};
const Identities sensor = Identity{"hmac", "sensor-7"};

constexpr const char* documented = R"(
default = "deny"

[groups]
sensors = ["sensor-*", "key:3b6a27"]

[[rule]]
allow = "read"
who = "*"
prefix = "status/"

[[rule]]
allow = "write"
who = "@sensors"
prefix = "sensor/"

[[rule]]
allow = "all"
who = "hmac:alice"
)";

TEST(AccessRules, DecideByTheFirstThatMatches) {
    const AccessRules rules({{.access = deny, .who = {"*"}, .uris = {"room/secret"}},
                             {.access = allow, .who = {"*"}, .prefixes = {"room/"}},
                             {.access = deny, .who = {"*"}, .prefixes = {"room/a"}}});
    EXPECT_FALSE(rules.decide(alice, request_uri, "room/secret").allowed());
    EXPECT_TRUE(rules.decide(alice, request_uri, "room/secret2").allowed());
    EXPECT_TRUE(rules.decide(alice, request_uri, "room/a").allowed());
    EXPECT_TRUE(rules.decide(alice, request_uri, "room/").allowed());
    EXPECT_FALSE(rules.decide(alice, request_uri, "room").allowed());
}

TEST(AccessRules, SayByWhichOfThem) {
    const AccessRules rules({{.access = deny, .who = {"*"}, .uris = {"a"}},
                             {.access = allow, .who = {"*"}, .uris = {"b"}, .line = 12}});
    EXPECT_EQ(rules.decide(alice, request_uri, "a").str(), "rule 1");
    EXPECT_EQ(rules.decide(alice, request_uri, "b").str(), "line 12");
    EXPECT_EQ(rules.decide(alice, request_uri, "c").str(), "no rule");
    EXPECT_EQ(rules.decide(alice, request_uri, "c").rule, nullptr);
}

TEST(AccessRules, AllowByDefaultWhereThatIsSaid) {
    const AccessRules rules({{.access = deny, .who = {"*"}, .uris = {"a"}}}, {.otherwise = allow});
    EXPECT_FALSE(rules.decide(nobody, request_uri, "a").allowed());
    EXPECT_TRUE(rules.decide(nobody, request_uri, "b").allowed());
}

TEST(AccessRules, KnowEverybodySomebodyAndNobody) {
    const auto allowed = [](const char* who, const Identities& them) {
        return AccessRules({{.access = allow, .who = {who}}})
            .decide(them, request_uri, "a")
            .allowed();
    };
    for (const char* everybody : {"*", "everybody"}) {
        EXPECT_TRUE(allowed(everybody, nobody));
        EXPECT_TRUE(allowed(everybody, alice));
    }
    EXPECT_FALSE(allowed("somebody", nobody));
    EXPECT_TRUE(allowed("somebody", alice));
    EXPECT_TRUE(allowed("nobody", nobody));
    EXPECT_FALSE(allowed("nobody", alice));
    EXPECT_TRUE(allowed("*:*", alice));
    EXPECT_FALSE(allowed("*:*", nobody));
}

TEST(AccessRules, MatchNamesOfSecretsUnlessAnotherKindIsGiven) {
    const auto allowed = [](const char* who, const Identities& them) {
        return AccessRules({{.access = allow, .who = {who}}})
            .decide(them, request_uri, "a")
            .allowed();
    };
    EXPECT_TRUE(allowed("alice", alice));
    EXPECT_TRUE(allowed("hmac:alice", alice));
    EXPECT_FALSE(allowed("key:alice", alice));
    EXPECT_FALSE(allowed("hmac", alice));
    EXPECT_TRUE(allowed("sensor-*", sensor));
    EXPECT_TRUE(allowed("sensor-?", sensor));
    EXPECT_FALSE(allowed("sensor-??", sensor));
    EXPECT_TRUE(allowed("*c:s*-*7", sensor));
    const Identities with_colon = Identity{"peer", "a:b"};
    EXPECT_TRUE(allowed("peer:a:b", with_colon));
    EXPECT_FALSE(allowed("a:b", with_colon));
    EXPECT_TRUE(allowed("alice", Identities{{"uid", "0"}, {"hmac", "alice"}}));
    for (const char* kind : {"peer", "key", "x25519", "uid", "own"}) {
        EXPECT_FALSE(allowed("alice", Identity{kind, "alice"})) << kind;
        EXPECT_FALSE(allowed("al*", Identity{kind, "alice"})) << kind;
        EXPECT_TRUE(allowed("*:al*", Identity{kind, "alice"})) << kind;
    }
}

TEST(AccessRules, LeavePeersAndAnswersAloneUnlessTheyAreNamed) {
    const AccessRules closed({{.access = deny, .who = {"*"}}});
    EXPECT_TRUE(closed.decide(nobody, MessageType::advertise_peer, "netaio").allowed());
    EXPECT_TRUE(closed.decide(nobody, MessageType::disconnect, "netaio").allowed());
    EXPECT_TRUE(closed.decide(nobody, MessageType::ok, "a").allowed());
    EXPECT_FALSE(closed.decide(nobody, notify_uri, "a").allowed());
    EXPECT_FALSE(closed.decide(nobody, static_cast<MessageType>(50), "a").allowed());
    const AccessRules shy({{.access = deny, .who = {"*"}, .types = introducing()}});
    EXPECT_FALSE(shy.decide(nobody, MessageType::advertise_peer, "netaio").allowed());
}

TEST(AccessRules, LetClientsAskWhetherTheServerIsThereUnlessARuleDeniesIt) {
    const AccessRules none({});
    EXPECT_TRUE(none.decide(nobody, request_uri, "netaio/alive").allowed());
    EXPECT_FALSE(none.decide(nobody, update_uri, "netaio/alive").allowed());
    EXPECT_FALSE(none.decide(nobody, request_uri, "netaio/aliv").allowed());
    const AccessRules closed({{.access = deny, .who = {"nobody"}}});
    EXPECT_FALSE(closed.decide(nobody, request_uri, "netaio/alive").allowed());
}

TEST(AccessRules, RefuseWhatMakesNoSense) {
    EXPECT_THROW(AccessRules({{.access = allow}}), std::invalid_argument);
    EXPECT_THROW(AccessRules({{.access = allow, .who = {""}}}), std::invalid_argument);
    EXPECT_THROW(AccessRules({{.access = allow, .who = {"@sensors"}}}), std::invalid_argument);
    EXPECT_THROW(AccessRules({}, {.groups = {{"a", {"@b"}}}}), std::invalid_argument);
}

TEST(AccessRules, FindWhatAPlainScanFinds) {
    std::mt19937 random(7);
    const auto pick = [&](std::size_t n) { return random() % n; };
    const auto text = [&](std::string_view letters, std::size_t size_max) {
        std::string made(pick(size_max + 1), ' ');
        for (char& c : made) c = letters[pick(letters.size())];
        return made;
    };
    for (int round = 0; round < 200; ++round) {
        std::vector<AccessRule> rules(pick(60));
        for (AccessRule& rule : rules) {
            rule.access = pick(2) ? allow : deny;
            for (std::size_t i = 0; i <= pick(2); ++i) rule.who.push_back(text("ab:*?", 3) + "a");
            if (pick(8) == 0) rule.who.push_back("nobody");
            if (pick(3)) rule.types = pick(2) ? reading() : writing();
            for (std::size_t i = pick(3); i > 0; --i) rule.uris.push_back(text("ab/", 4));
            for (std::size_t i = pick(3); i > 0; --i) rule.prefixes.push_back(text("ab/", 4));
        }
        core::Replaceable<core::Rules> source;
        source = std::make_shared<const AccessRules>(rules);
        core::RuleReader reader(source);
        for (int asked = 0; asked < 200; ++asked) {
            std::vector<Identity> all;
            for (std::size_t i = pick(3); i > 0; --i) {
                all.push_back({pick(2) ? "hmac" : text("ab", 2), text("ab", 3)});
            }
            const Identities who(std::move(all));
            const auto type = static_cast<MessageType>(pick(12));
            const std::string uri = text("ab/", 6);
            EXPECT_EQ(reader.decide(who, type, uri).number,
                      test::plainly_first(rules, who, type, uri));
        }
    }
}

TEST(AccessRules, AreReadFromAFile) {
    const auto rules = AccessRules::parse(documented);
    ASSERT_EQ(rules->rules().size(), 3u);
    EXPECT_TRUE(rules->decide(nobody, request_uri, "status/a").allowed());
    EXPECT_FALSE(rules->decide(nobody, update_uri, "status/a").allowed());
    EXPECT_TRUE(rules->decide(sensor, update_uri, "sensor/a").allowed());
    EXPECT_FALSE(rules->decide(sensor, request_uri, "sensor/a").allowed());
    EXPECT_TRUE(rules->decide(Identity{"key", "3b6a27"}, publish_uri, "sensor/").allowed());
    EXPECT_TRUE(rules->decide(alice, delete_uri, "anything").allowed());
    EXPECT_EQ(rules->decide(sensor, update_uri, "sensor/a").str(), "line 12");
    EXPECT_FALSE(rules->decide(nobody, update_uri, "").allowed());
}

// The error that a text is refused with, without the name of the file.
std::string why_not(std::string_view text) {
    try {
        AccessRules::parse(text);
    } catch (const AccessRulesError& error) {
        return std::to_string(error.line()) + ":" + std::to_string(error.column()) + ": " +
               error.what();
    }
    return "";
}

TEST(AccessRules, SayWhereAFileIsWrong) {
    const auto begins = [](std::string_view text, std::string_view place) {
        const std::string why = why_not(text);
        EXPECT_TRUE(why.starts_with(place)) << text << "\n" << why;
    };
    begins("default = 'deny", "1:");
    begins("\n  defaults = 'deny'", "2:3:");
    begins("default = 'maybe'", "1:11:");
    begins("[groups]\na = ['']", "2:");
    begins("[groups]\na = 1", "2:5:");
    begins("[[rule]]\nwho = '*'", "1:");
    begins("[[rule]]\nallow = 'read'", "1:");
    begins("[[rule]]\nallow = 'read'\ndeny = 'read'\nwho = '*'", "");
    EXPECT_NE(why_not("[[rule]]\nallow = 'read'\ndeny = 'read'\nwho = '*'"), "");
    begins("[[rule]]\nallow = 'reed'\nwho = '*'", "2:9:");
    begins("[[rule]]\nallow = ['read', 3]\nwho = '*'", "2:18:");
    begins("[[rule]]\nallow = 'read'\nwho = []", "3:7:");
    begins("[[rule]]\nallow = 'read'\nwho = ['a', '@b']", "3:13:");
    begins("[[rule]]\nallow = 'read'\nwho = 'a'\nurl = 'b'", "4:1:");
    begins("[rule]\nallow = 'read'\nwho = 'a'", "1:");
    begins("default = 'deny'\n[!]\n", "2:1:");
    begins("", "1:1: rules:1:1: there is no rule here");
    begins("# nothing but this", "1:1:");
    begins("[groups]\na = 'b'", "1:1:");
    begins("\n default = 'allow'", "2:12: rules:2:12: without a rule this allows everything");
    EXPECT_EQ(why_not("default = 'deny'"), "");
    EXPECT_EQ(why_not("default = 'allow'\n[[rule]]\ndeny = 'write'\nwho = 'a'"), "");
}

TEST(AccessRules, KnowTypesOfTheApplicationsOwn) {
    MessageTypes types;
    types.add("LAUNCH", 50);
    constexpr std::string_view text = "[[rule]]\nallow = 'LAUNCH'\nwho = '*'";
    EXPECT_NE(why_not(text), "");
    const auto rules = AccessRules::parse(text, types);
    EXPECT_TRUE(rules->decide(nobody, static_cast<MessageType>(50), "a").allowed());
    EXPECT_FALSE(rules->decide(nobody, static_cast<MessageType>(51), "a").allowed());
}

TEST(AccessRules, AreLoadedOrSayWhichFileIsWrong) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "rules.toml";
    try {
        AccessRules::load(path);
        ADD_FAILURE() << "there is no such file";
    } catch (const AccessRulesError& error) {
        EXPECT_NE(std::string(error.what()).find(path + ": cannot be read"), std::string::npos);
    }
    std::ofstream(path) << "\nno";
    try {
        AccessRules::load(path);
        ADD_FAILURE() << "these are no rules";
    } catch (const AccessRulesError& error) {
        EXPECT_NE(std::string(error.what()).find(path + ":2:"), std::string::npos) << error.what();
    }
    std::ofstream(path, std::ios::trunc).flush();
    EXPECT_THROW(AccessRules::load(path), AccessRulesError);
}

TEST(RuleReader, SeesRulesThatReplaceOthers) {
    core::Replaceable<core::Rules> source;
    core::RuleReader reader(source);
    EXPECT_FALSE(reader.any());
    EXPECT_TRUE(reader.decide(alice, request_uri, "a").allowed());
    const auto before = reader.version();
    source = std::make_shared<const AccessRules>(std::vector<AccessRule>{});
    EXPECT_FALSE(reader.decide(alice, request_uri, "a").allowed());
    EXPECT_NE(reader.version(), before);
    source = std::make_shared<const AccessRules>(
        std::vector<AccessRule>{{.access = allow, .who = {"alice"}}});
    EXPECT_TRUE(reader.decide(alice, request_uri, "a").allowed());
    EXPECT_FALSE(reader.decide(sensor, request_uri, "a").allowed());
    source = nullptr;
    EXPECT_TRUE(reader.decide(sensor, request_uri, "a").allowed());
}

}  // namespace
}  // namespace netaio

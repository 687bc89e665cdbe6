#include <gtest/gtest.h>

#include <netaio/combined_auth.hpp>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>

#include "support/fixed_environment.hpp"

namespace netaio::combined_auth_tests {
namespace {

constexpr ByteView body("\0\3urisome content", 17);

using Parts = std::vector<std::shared_ptr<const AuthPlugin>>;

// Something that is done at once, or when a test says so.
struct Task final : PluginWork {
    explicit Task(std::string made_for) : owner(std::move(made_for)) {}

    void start(std::function<void()> done) override { done(); }
    void cancel() noexcept override { cancelled = true; }

    const std::string owner;
    bool cancelled = false;
};

// Sets a field after some work, and says of whoever brings it what it is told to.
struct WorkingAuth final : AuthPlugin {
    explicit WorkingAuth(std::string name) : field(std::move(name)) {}

    std::error_code make(AuthFields& fields, ByteView,
                         const PluginContext& context) const override {
        ++times_made;
        if (!context.work) {
            return Errc::auth_not_possible;
        }
        if (!*context.work) {
            *context.work = std::make_shared<Task>(field);
            return Errc::pending;
        }
        const auto* task = dynamic_cast<Task*>(context.work->get());
        EXPECT_TRUE(task && task->owner == field) << "given the work of another";
        fields.set(field, "paid");
        return {};
    }
    bool check(const AuthFields& fields, ByteView, const PluginContext& context) const override {
        return fields.contains(field) || context.refuse(Errc::unpaid, "the price is 20 bits");
    }
    bool retry(ByteView content, const PluginContext&) const override {
        told.push_back(content.str());
        return content == ByteView("more");
    }
    bool may_retry() const noexcept override { return true; }

    std::string field;
    mutable int times_made = 0;
    mutable std::vector<std::string> told;
};

// Takes every message for a copy.
struct CopiesAuth final : AuthPlugin {
    std::error_code make(AuthFields&, ByteView, const PluginContext&) const override { return {}; }
    bool check(const AuthFields&, ByteView, const PluginContext& context) const override {
        context.verdict->copy = true;
        context.verdict->forgot = true;
        return context.refuse(Errc::replayed, "it came before");
    }
};

struct CombinedAuthTest : testing::Test {
    // Makes fields, doing what work there is, and counts how often that was.
    AuthFields made(const AuthPlugin& plugin, const Identities* who = nullptr) {
        AuthFields fields;
        std::shared_ptr<PluginWork> work;
        const PluginContext own{.environment = environment, .who = who, .work = &work};
        std::error_code error;
        for (works = 0; (error = plugin.make(fields, body, own)) == Errc::pending; ++works) {
            EXPECT_TRUE(work);
            work->start([] {});
            if (works > 9) {
                ADD_FAILURE() << "the work never ends";
                break;
            }
        }
        EXPECT_FALSE(error) << error.message();
        return fields;
    }
    // Who a message is from, or why it is refused.
    std::string verdict_of(const AuthPlugin& plugin, const AuthFields& fields) {
        Verdict verdict;
        const PluginContext own{.environment = environment, .verdict = &verdict};
        if (plugin.check(fields, body, own)) {
            EXPECT_TRUE(verdict.says.empty());
            EXPECT_EQ(verdict.why, Errc::auth_failed);
            return verdict.who.str();
        }
        EXPECT_TRUE(verdict.who.empty());
        return make_error_code(verdict.why).message() + ": " + verdict.says;
    }
    static std::string said(Errc why, const std::string& says) {
        return make_error_code(why).message() + ": " + says;
    }

    std::shared_ptr<const AuthPlugin> alice = hmac_auth({.secrets = {{"alice", "one"}}});
    std::shared_ptr<const AuthPlugin> group =
        hmac_auth({.secrets = {{"group", "two"}}, .hmac_field = "hmac2"});
    std::shared_ptr<const WorkingAuth> stamps = std::make_shared<WorkingAuth>("stamp");
    std::shared_ptr<const WorkingAuth> coins = std::make_shared<WorkingAuth>("coin");
    Environment environment = test::fixed_environment();
    int works = 0;
};

TEST_F(CombinedAuthTest, AllOfAcceptsWhatSatisfiesAllAndJoinsWhatTheySay) {
    const auto both = all_of({alice, group});
    EXPECT_EQ(verdict_of(*both, made(*both)), "hmac:alice, hmac:group");
}

TEST_F(CombinedAuthTest, AllOfRefusesAsTheFirstThatDoes) {
    const auto paid = all_of({stamps, alice});
    EXPECT_EQ(verdict_of(*paid, made(*alice)), said(Errc::unpaid, "the price is 20 bits"));
    EXPECT_EQ(verdict_of(*paid, made(*stamps)), said(Errc::auth_failed, "HMAC auth failed"));
    EXPECT_EQ(verdict_of(*paid, {}), said(Errc::unpaid, "the price is 20 bits"));
}

TEST_F(CombinedAuthTest, AllOfTakesForACopyWhatIsAuthenticOtherwise) {
    const auto plugin = all_of({std::make_shared<CopiesAuth>(), alice});
    const auto refused = [&](const AuthFields& fields) {
        Verdict verdict;
        EXPECT_FALSE(
            plugin->check(fields, body, {.environment = environment, .verdict = &verdict}));
        EXPECT_TRUE(verdict.forgot);
        return verdict;
    };
    const Verdict forged = refused({});
    EXPECT_EQ(forged.why, Errc::auth_failed);
    EXPECT_FALSE(forged.copy);
    const Verdict copy = refused(made(*alice));
    EXPECT_EQ(copy.why, Errc::replayed);
    EXPECT_EQ(copy.says, "it came before");
    EXPECT_TRUE(copy.copy);
    EXPECT_EQ(copy.who.str(), "hmac:alice");
}

TEST_F(CombinedAuthTest, AllOfWaitsForEachPartOnce) {
    const auto all = all_of({stamps, alice, coins});
    const AuthFields fields = made(*all);
    EXPECT_EQ(works, 2);
    EXPECT_EQ(stamps->times_made, 2);
    EXPECT_EQ(coins->times_made, 2);
    EXPECT_EQ(verdict_of(*all, fields), "hmac:alice");
}

TEST_F(CombinedAuthTest, MayBeCombinedAgain) {
    const auto all = all_of({any_of({all_of({stamps, coins}), alice}), group, coins});
    EXPECT_EQ(verdict_of(*all, made(*all)), "hmac:group");
    EXPECT_EQ(works, 3);
}

TEST_F(CombinedAuthTest, PassesOnThatWorkIsCancelled) {
    AuthFields fields;
    std::shared_ptr<PluginWork> work;
    const PluginContext own{.environment = environment, .work = &work};
    EXPECT_EQ(all_of({coins})->make(fields, body, own), Errc::pending);
    work->cancel();
    EXPECT_EQ(any_of({coins})->make(fields, body, {.environment = environment}),
              Errc::auth_not_possible);
}

TEST_F(CombinedAuthTest, AnyOfAcceptsWhatSatisfiesOneAndSaysNothingOfTheOthers) {
    const auto either = any_of({stamps, alice, group});
    EXPECT_EQ(verdict_of(*either, made(*group)), "hmac:group");
    EXPECT_EQ(verdict_of(*either, made(*alice)), "hmac:alice");
}

TEST_F(CombinedAuthTest, AnyOfRefusesAsTheOneThatKnowsMost) {
    const AuthFields unknown = made(*hmac_auth({.secret = "three"}));
    EXPECT_EQ(verdict_of(*any_of({alice, stamps}), unknown),
              said(Errc::unpaid, "the price is 20 bits"));
    EXPECT_EQ(verdict_of(*any_of({alice, group}), unknown), said(Errc::auth_failed, ""));
    EXPECT_EQ(any_of({alice, group})->error().content(), "auth failed");
}

TEST_F(CombinedAuthTest, AnyOfMakesByTheOneThatVouchedForTheReceiver) {
    const auto either = any_of({alice, group});
    const Identities in_group = Identity{"hmac", "group"};
    const Identities stranger = Identity{"hmac", "bob"};
    EXPECT_EQ(verdict_of(*either, made(*either, &in_group)), "hmac:group");
    EXPECT_EQ(verdict_of(*either, made(*either, &stranger)), "hmac:alice");
    EXPECT_EQ(verdict_of(*either, made(*either)), "hmac:alice");
}

TEST_F(CombinedAuthTest, AnyOfMakesByTheNextWhereOneCannot) {
    const auto either = any_of({coins, group});
    AuthFields fields;
    ASSERT_FALSE(either->make(fields, body, {.environment = environment}));
    EXPECT_EQ(verdict_of(*either, fields), "hmac:group");
    EXPECT_EQ(verdict_of(*either, made(*either)), "nobody");
    EXPECT_EQ(works, 1);
}

TEST_F(CombinedAuthTest, TellEachPartThatMayRetryOfARefusal) {
    const auto all = all_of({stamps, alice, coins});
    const PluginContext context{.environment = environment};
    EXPECT_TRUE(all->may_retry());
    EXPECT_TRUE(all->retry("more", context));
    EXPECT_FALSE(all->retry("no", context));
    EXPECT_EQ(stamps->told, (std::vector<std::string>{"more", "no"}));
    EXPECT_EQ(coins->told, stamps->told);
    EXPECT_FALSE(any_of({alice})->may_retry());
}

TEST_F(CombinedAuthTest, DependsOnTheReceiverAsItsPartsOrItsChoiceDo) {
    const auto several = hmac_auth({.secret = "one", .secrets = {{"a", "two"}}});
    EXPECT_FALSE(all_of({alice, stamps})->is_peer_specific());
    EXPECT_TRUE(all_of({several, stamps})->is_peer_specific());
    EXPECT_FALSE(any_of({alice})->is_peer_specific());
    EXPECT_TRUE(any_of({alice, group})->is_peer_specific());
}

TEST_F(CombinedAuthTest, RefuseNoPluginsAndNull) {
    EXPECT_THROW(all_of({}), std::invalid_argument);
    EXPECT_THROW(any_of({}), std::invalid_argument);
    EXPECT_THROW(any_of({alice, nullptr}), std::invalid_argument);
}

}  // namespace
}  // namespace netaio::combined_auth_tests

#include <gtest/gtest.h>

#include <cmath>
#include <condition_variable>
#include <netaio/hashcash_auth.hpp>
#include <netaio/never.hpp>
#include <thread>

#include "crypto/leading_zeros.hpp"
#include "plugins/hashcash_stamp.hpp"
#include "support/fixed_environment.hpp"

namespace netaio {
namespace {

using namespace std::chrono_literals;

constexpr ByteView paid_body("\0\3urisome content", 17);
constexpr unsigned price = 8;

// Ends when the work calls back.
class EndOfWork {
public:
    std::function<void()> callback() {
        return [this] {
            const std::lock_guard lock(mutex_);
            ++count_;
            changed_.notify_all();
        };
    }
    bool wait() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 60s, [&] { return count_ > 0; });
    }
    int count() {
        const std::lock_guard lock(mutex_);
        return count_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

struct HashcashAuthTest : testing::Test {
    HashcashOptions demanding(unsigned bits = price) {
        return {.realm = "kitchen", .bits = bits, .seen = table()};
    }
    std::shared_ptr<SeenMessages> table() {
        return std::make_shared<SeenMessages>(
            SeenOptions{.ran_before = false, .environment = environment});
    }
    static HashcashOptions paying(unsigned bits = price) {
        return {.realm = "kitchen", .pay = bits};
    }

    // What make() comes to when it has waited for its stamp.
    std::error_code make(const HashcashAuth& plugin, AuthFields& fields,
                         ByteView encoded_body = paid_body) {
        std::shared_ptr<PluginWork> work;
        PluginContext waiting = context;
        waiting.work = &work;
        const auto first = plugin.make(fields, encoded_body, waiting);
        if (first != Errc::pending) return first;
        EndOfWork ended;
        work->start(ended.callback());
        if (!ended.wait()) return Errc::pending;
        return plugin.make(fields, encoded_body, waiting);
    }
    AuthFields paid(const HashcashOptions& options = paying(), ByteView encoded_body = paid_body) {
        AuthFields fields;
        const HashcashAuth plugin(options);
        EXPECT_FALSE(make(plugin, fields, encoded_body));
        return fields;
    }
    // A stamp with that many zero bits and no more.
    AuthFields paid_exactly(unsigned bits) {
        for (;;) {
            AuthFields fields = paid(paying(bits));
            if (paid_bits(fields) == bits) return fields;
        }
    }
    static unsigned paid_bits(const AuthFields& fields) {
        return crypto::leading_zero_bits(crypto::sha256(fields.bytes("hc").value()).view());
    }

    // Errc() for what passes.
    std::error_code refused(const HashcashAuth& plugin, const AuthFields& fields,
                            ByteView encoded_body = paid_body) {
        PluginContext asking = context;
        verdict = {};
        asking.verdict = &verdict;
        return plugin.check(fields, encoded_body, asking) ? std::error_code()
                                                          : make_error_code(verdict.why);
    }

    std::shared_ptr<test::FixedClock> clock = std::make_shared<test::FixedClock>();
    Environment environment{.clock = clock, .random = std::make_shared<test::CountingRandom>()};
    Address there = Address::parse("127.0.0.1", 8888).value();
    PluginContext context{.environment = environment, .remote = &there};
    Verdict verdict;
};

TEST_F(HashcashAuthTest, AcceptsWhatWasPaidFor) {
    const HashcashAuth receiver(demanding());
    EXPECT_FALSE(refused(receiver, paid()));
    EXPECT_FALSE(refused(receiver, paid(paying(price + 3))));
}

TEST_F(HashcashAuthTest, AsksForNothingByDefault) {
    const HashcashAuth plugin({.realm = "kitchen"});
    AuthFields fields;
    EXPECT_FALSE(make(plugin, fields));
    EXPECT_TRUE(fields.empty());
    EXPECT_FALSE(refused(plugin, fields));
    EXPECT_FALSE(plugin.may_retry());
    EXPECT_EQ(plugin.price(), 0u);
}

TEST_F(HashcashAuthTest, RefusesABitTooLittle) {
    const AuthFields fields = paid_exactly(price);
    EXPECT_EQ(refused(HashcashAuth(demanding(price + 1)), fields), Errc::unpaid);
    EXPECT_EQ(verdict.says, "");
    EXPECT_FALSE(refused(HashcashAuth(demanding(price)), fields));
}

TEST_F(HashcashAuthTest, RefusesWhatBringsNoStamp) {
    const HashcashAuth receiver(demanding(1));
    AuthFields fields;
    EXPECT_EQ(refused(receiver, fields), Errc::unpaid);
    fields.set_integer("hc", 7);
    EXPECT_EQ(refused(receiver, fields), Errc::unpaid);
    fields.set("hc", "");
    EXPECT_EQ(refused(receiver, fields), Errc::unpaid);
    fields = paid();
    fields.set("other", fields.bytes("hc").value());
    fields.erase("hc");
    EXPECT_EQ(refused(receiver, fields), Errc::unpaid);
}

TEST_F(HashcashAuthTest, RefusesStampsOfAnotherSizeOrVersion) {
    const HashcashAuth receiver(demanding(1));
    const std::string good = paid().bytes("hc").value().str();
    ASSERT_EQ(good.size(), plugins::StampLayout::size);
    const auto is_refused = [&](const std::string& stamp) {
        AuthFields fields;
        fields.set("hc", stamp);
        return refused(receiver, fields) == Errc::unpaid;
    };
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_TRUE(is_refused(good.substr(0, size))) << size;
    }
    for (int byte = 0; byte < 256; ++byte) {
        EXPECT_TRUE(is_refused(good + static_cast<char>(byte)));
        std::string other = good;
        other[0] = static_cast<char>(byte);
        EXPECT_EQ(is_refused(other), byte != 1) << byte;
    }
}

TEST_F(HashcashAuthTest, RefusesAnotherRealm) {
    HashcashOptions elsewhere = paying();
    elsewhere.realm = "cellar";
    EXPECT_EQ(refused(HashcashAuth(demanding()), paid(elsewhere)), Errc::unpaid);
}

TEST_F(HashcashAuthTest, RefusesAStampThatCameBefore) {
    const HashcashAuth receiver(demanding());
    const AuthFields fields = paid();
    EXPECT_FALSE(refused(receiver, fields));
    clock->advance(6s);
    EXPECT_EQ(refused(receiver, fields), Errc::replayed);
    EXPECT_EQ(refused(receiver, fields, "\0\3urisomething else"), Errc::replayed);
    EXPECT_FALSE(refused(receiver, paid()));
}

TEST_F(HashcashAuthTest, TellsACopyThatTookAnotherWayByItsBody) {
    const HashcashAuth receiver(demanding());
    const AuthFields fields = paid();
    EXPECT_FALSE(refused(receiver, fields));
    EXPECT_EQ(refused(receiver, fields), Errc::replayed);
    EXPECT_TRUE(verdict.copy);
    EXPECT_EQ(refused(receiver, fields, "\0\3urisomething else"), Errc::unpaid);
    EXPECT_FALSE(verdict.copy);
    clock->advance(6s);
    EXPECT_EQ(refused(receiver, fields), Errc::replayed);
    EXPECT_FALSE(verdict.copy);
}

TEST_F(HashcashAuthTest, RefusesAStampOfAnotherBodyWithoutUsingItUp) {
    const HashcashAuth receiver(demanding());
    const AuthFields fields = paid();
    EXPECT_EQ(refused(receiver, fields, paid_body.str() + "!"), Errc::unpaid);
    EXPECT_EQ(refused(receiver, fields, ""), Errc::unpaid);
    EXPECT_FALSE(refused(receiver, fields));
}

TEST_F(HashcashAuthTest, RefusesStampsThatAreTooOld) {
    HashcashOptions options = demanding();
    options.max_age = 30s;
    const HashcashAuth receiver(options);
    const AuthFields first = paid();
    const AuthFields second = paid();
    clock->advance(30s);
    EXPECT_FALSE(refused(receiver, first));
    clock->advance(1s);
    EXPECT_EQ(refused(receiver, second), Errc::stale);
}

TEST_F(HashcashAuthTest, RefusesStampsFromTheFuture) {
    Environment behind = environment;
    const auto slow = std::make_shared<test::FixedClock>(1'700'000'000s - 11s);
    behind.clock = slow;
    HashcashOptions options = demanding();
    options.seen =
        std::make_shared<SeenMessages>(SeenOptions{.ran_before = false, .environment = behind});
    const HashcashAuth receiver(options);
    const AuthFields fields = paid();
    EXPECT_EQ(refused(receiver, fields), Errc::stale);
    slow->advance(1s);
    EXPECT_FALSE(refused(receiver, fields));
}

TEST_F(HashcashAuthTest, RefusesWhatMayHaveBeenUsedBeforeItsStart) {
    HashcashOptions options = demanding();
    options.seen = std::make_shared<SeenMessages>(SeenOptions{.environment = environment});
    const HashcashAuth receiver(options);
    EXPECT_EQ(refused(receiver, paid()), Errc::stale);
    clock->advance(11s);
    EXPECT_FALSE(refused(receiver, paid()));
}

TEST_F(HashcashAuthTest, OneTableServesSeveralPlugins) {
    const HashcashOptions options = demanding();
    const HashcashAuth one(options);
    const HashcashAuth other(options);
    const AuthFields fields = paid();
    EXPECT_FALSE(refused(one, fields));
    EXPECT_EQ(refused(other, fields), Errc::replayed);
}

TEST_F(HashcashAuthTest, AnswersPayNothingAndAreAskedForNothing) {
    HashcashOptions both = demanding();
    both.pay = price;
    const HashcashAuth plugin(both);
    context.answer = true;
    AuthFields fields;
    EXPECT_FALSE(make(plugin, fields));
    EXPECT_TRUE(fields.empty());
    EXPECT_FALSE(refused(plugin, fields));
}

TEST_F(HashcashAuthTest, SendsNothingThatCannotWait) {
    AuthFields fields;
    EXPECT_EQ(HashcashAuth(paying()).make(fields, paid_body, context), Errc::auth_not_possible);
    EXPECT_TRUE(fields.empty());
}

TEST_F(HashcashAuthTest, UsesTheFieldItIsTold) {
    HashcashOptions inner = paying();
    inner.field = "hc2";
    const AuthFields fields = paid(inner);
    EXPECT_TRUE(fields.contains("hc2"));
    EXPECT_FALSE(fields.contains("hc"));
    inner = demanding();
    inner.field = "hc2";
    EXPECT_FALSE(refused(HashcashAuth(inner), fields));
}

TEST_F(HashcashAuthTest, ReplacesAnOldStamp) {
    const HashcashAuth plugin(paying());
    AuthFields fields = paid();
    const std::string old = fields.bytes("hc").value().str();
    EXPECT_FALSE(make(plugin, fields));
    EXPECT_NE(fields.bytes("hc").value(), old);
}

TEST_F(HashcashAuthTest, StampsOfOneBodyDiffer) {
    const HashcashAuth receiver(demanding());
    for (int i = 0; i < 50; ++i) {
        EXPECT_FALSE(refused(receiver, paid()));
    }
}

TEST_F(HashcashAuthTest, SaysWhatItRefuses) {
    EXPECT_EQ(HashcashAuth(demanding()).error().content(), "hashcash auth failed");
}

TEST_F(HashcashAuthTest, NamesAPriceThatRoseToWhoPaidTheOldOne) {
    HashcashOptions options = demanding();
    options.busy = {.rate = 1, .step = 4};
    const HashcashAuth receiver(options);
    EXPECT_FALSE(refused(receiver, paid()));
    EXPECT_FALSE(refused(receiver, paid()));
    EXPECT_FALSE(refused(receiver, paid()));
    clock->advance(1s);
    const AuthFields old = paid_exactly(price);
    EXPECT_EQ(refused(receiver, old), Errc::unpaid);
    EXPECT_EQ(verdict.says, "hashcash 12");
    EXPECT_EQ(receiver.price(), 12u);
    // Who was told cannot have it told again for nothing.
    EXPECT_EQ(refused(receiver, old), Errc::replayed);
    EXPECT_EQ(refused(receiver, paid_exactly(price - 1)), Errc::unpaid);
    EXPECT_EQ(verdict.says, "");
    EXPECT_FALSE(refused(receiver, paid(paying(12))));
    clock->advance(1s);
    EXPECT_FALSE(refused(receiver, paid(paying(12))));
}

TEST_F(HashcashAuthTest, PaysAPriceItWasToldForAMinute) {
    const HashcashAuth sender(paying(4));
    EXPECT_TRUE(sender.may_retry());
    EXPECT_TRUE(sender.retry("hashcash 12", context));
    AuthFields fields;
    ASSERT_FALSE(make(sender, fields));
    EXPECT_GE(paid_bits(fields), 12u);
    const HashcashAuth receiver(demanding(12));
    EXPECT_FALSE(refused(receiver, fields));

    const Address elsewhere = there.with_port(9999);
    context.remote = &elsewhere;
    int cheap = 0;
    for (int i = 0; i < 20; ++i) {
        ASSERT_FALSE(make(sender, fields));
        cheap += paid_bits(fields) < 12;
    }
    EXPECT_GT(cheap, 0);

    context.remote = &there;
    clock->advance(61s);
    cheap = 0;
    for (int i = 0; i < 20; ++i) {
        ASSERT_FALSE(make(sender, fields));
        cheap += paid_bits(fields) < 12;
    }
    EXPECT_GT(cheap, 0);
}

TEST_F(HashcashAuthTest, BelievesNoPriceBeyondItsLimitNorOneItPaid) {
    HashcashOptions options = paying(10);
    options.bits_max = 20;
    const HashcashAuth sender(options);
    EXPECT_FALSE(sender.retry("hashcash 21", context));
    EXPECT_FALSE(sender.retry("hashcash 10", context));
    EXPECT_FALSE(sender.retry("hashcash 4294967295", context));
    EXPECT_FALSE(sender.retry("hashcash", context));
    EXPECT_FALSE(sender.retry("hashcash auth failed", context));
    EXPECT_FALSE(sender.retry("", context));
    EXPECT_TRUE(sender.retry("hashcash 20", context));
    context.remote = nullptr;
    EXPECT_FALSE(sender.retry("hashcash 20", context));
    EXPECT_FALSE(HashcashAuth({.realm = "kitchen"}).retry("hashcash 20", context));
}

TEST_F(HashcashAuthTest, RefusesOptionsThatMakeNoSense) {
    const HashcashOptions good = demanding();
    EXPECT_NO_THROW(HashcashAuth{good});
    const auto refuses = [&](auto change) {
        HashcashOptions options = good;
        change(options);
        EXPECT_THROW(HashcashAuth{options}, std::invalid_argument);
    };
    refuses([](auto& o) { o.realm = ""; });
    refuses([](auto& o) { o.field = ""; });
    refuses([](auto& o) { o.bits = 65; });
    refuses([](auto& o) { o.pay = 65; });
    refuses([](auto& o) { o.bits_max = 65; });
    refuses([](auto& o) { o.busy.bits_max = 65; });
    refuses([](auto& o) { o.busy.step = 0; });
    refuses([](auto& o) { o.busy.rate = -1; });
    refuses([](auto& o) { o.busy.cpu = std::nan(""); });
    refuses([](auto& o) { o.threads = 0; });
    refuses([](auto& o) { o.time_limit = 0ms; });
    refuses([](auto& o) { o.max_age = 0s; });
    refuses([](auto& o) { o.max_age = never; });
}

TEST_F(HashcashAuthTest, ChecksOnManyThreadsWithoutAcceptingAStampTwice) {
    const HashcashAuth receiver(demanding());
    std::vector<AuthFields> all;
    for (int i = 0; i < 50; ++i) all.push_back(paid());
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (const AuthFields& fields : all) {
                accepted += receiver.check(fields, paid_body, context);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(accepted, 50);
}

}  // namespace
}  // namespace netaio

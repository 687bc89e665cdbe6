#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>
#include <netaio/packify.hpp>
#include <netaio/tapescript/tools.hpp>
#include <netaio/tapescript_auth.hpp>

#include "support/fixed_environment.hpp"
#include "wire/hex.hpp"

namespace netaio::tapescript_auth_tests {
namespace {

using tapescript::Script;
using tapescript::SigFields;
using tapescript::SigningKey;

constexpr std::int64_t now = 1'700'000'000;
constexpr ByteView body("\0\3urisome content", 17);

struct TapescriptAuthTest : testing::Test {
    TapescriptOptions options() const {
        return {.lock = make_single_sig_lock(key.public_key()), .seed = key.reveal_seed()};
    }
    AuthFields made(const TapescriptAuth& plugin, ByteView encoded_body = body) const {
        AuthFields fields;
        EXPECT_FALSE(plugin.make(fields, encoded_body, context));
        return fields;
    }
    // What a message of `key` is to a node that knows a peer with this data.
    bool accepts_from(TapescriptOptions options, const Peer* peer) const {
        const TapescriptAuth plugin(std::move(options));
        return plugin.check(made(TapescriptAuth(this->options())), body,
                            {.environment = environment, .peer = peer, .peer_plugin = &peers});
    }
    // What a plugin says of who sent what `key` signed; "refused" where it does.
    std::string who_sent(TapescriptOptions options, const Peer* peer = nullptr) const {
        Verdict verdict;
        const TapescriptAuth plugin(std::move(options));
        return plugin.check(made(TapescriptAuth(this->options())), body,
                            {.environment = environment,
                             .peer = peer,
                             .peer_plugin = &peers,
                             .verdict = &verdict})
                   ? verdict.who.str()
                   : "refused";
    }
    std::string named_key() const { return "key:" + wire::hex(key.public_key().bytes()); }
    Peer peer_with(Value data) const {
        return {.id = "peer", .data = peers.encode_data(std::move(data)).value()};
    }

    SigningKey key{std::string(32, 'k')};
    SigningKey other{std::string(32, 'o')};
    Environment environment = test::fixed_environment();
    PluginContext context{.environment = environment};
    DefaultPeer peers;
};

TEST_F(TapescriptAuthTest, AcceptsWhatItMadeInBothDialectsAndNotTheOther) {
    for (const Dialect dialect : {Dialect::v0_0_9, Dialect::v0_0_8}) {
        TapescriptOptions mine = options();
        mine.dialect = dialect;
        const TapescriptAuth plugin(mine);
        const AuthFields fields = made(plugin);
        EXPECT_TRUE(plugin.check(fields, body, context));
        EXPECT_FALSE(plugin.check(fields, "another body", context));
    }
    TapescriptOptions old = options();
    old.dialect = Dialect::v0_0_8;
    EXPECT_FALSE(TapescriptAuth(old).check(made(TapescriptAuth(options())), body, context));
}

TEST_F(TapescriptAuthTest, RefusesOtherKeysAndWitnessesThatOnlyEndWell) {
    TapescriptOptions theirs = options();
    theirs.seed = other.reveal_seed();
    const TapescriptAuth plugin(options());
    EXPECT_FALSE(plugin.check(made(TapescriptAuth(theirs)), body, context));
    AuthFields fields = made(plugin);
    for (const ByteView witness : {ByteView(""), ByteView("\x01"), ByteView("\x30"),
                                   ByteView("\x03\xff"), ByteView("\x01\x30")}) {
        fields.set("witness", witness);
        EXPECT_FALSE(plugin.check(fields, body, context));
    }
}

// What is signed is body, nonce and timestamp one after another, without their sizes.
TEST_F(TapescriptAuthTest, RefusesMessagesWhereABorderBetweenTheSignedPartsWasMoved) {
    for (const Dialect dialect : {Dialect::v0_0_9, Dialect::v0_0_8}) {
        TapescriptOptions mine = options();
        mine.dialect = dialect;
        const TapescriptAuth plugin(mine);
        const AuthFields fields = made(plugin);
        const std::string signed_part = body.str() + fields.bytes("nonce").value().str();
        for (std::size_t kept = 0; kept <= signed_part.size(); ++kept) {
            AuthFields moved = fields.clone();
            moved.set("nonce", ByteView(signed_part).substr(kept));
            EXPECT_EQ(plugin.check(moved, ByteView(signed_part).substr(0, kept), context),
                      kept == body.size())
                << kept;
        }
    }
}

TEST_F(TapescriptAuthTest, RefusesATimestampOfAnotherSize) {
    const TapescriptAuth plugin(options());
    AuthFields fields = made(plugin);
    const std::string ts = fields.bytes("ts").value().str();
    for (const std::string& wrong : {std::string("\0", 1) + ts, ts.substr(1), std::string()}) {
        fields.set("ts", wrong);
        EXPECT_FALSE(plugin.check(fields, body, context));
        AuthFields given;
        given.set("ts", wrong);
        EXPECT_EQ(plugin.make(given, body, context), Errc::auth_not_possible);
    }
}

TEST_F(TapescriptAuthTest, ReplacesANonceThatIsNotSixteenBytes) {
    const TapescriptAuth plugin(options());
    for (const std::size_t size : {0u, 15u, 17u}) {
        AuthFields fields;
        fields.set("nonce", std::string(size, 'n'));
        ASSERT_FALSE(plugin.make(fields, body, context));
        EXPECT_EQ(fields.bytes("nonce").value().size(), 16u);
        EXPECT_TRUE(plugin.check(fields, body, context));
    }
}

TEST_F(TapescriptAuthTest, SaysWhenABodyIsLongerThanScriptsCanSign) {
    const TapescriptAuth plugin(options());
    AuthFields fields;
    EXPECT_FALSE(plugin.make(fields, std::string(1004, 'x'), context));
    fields.clear();
    EXPECT_EQ(plugin.make(fields, std::string(1005, 'x'), context), Errc::too_large);
    EXPECT_TRUE(fields.empty());

    TapescriptOptions longer = options();
    longer.limits.max_item_size = 70'000;
    const TapescriptAuth both(longer);
    const std::string large(65'000, 'x');
    EXPECT_TRUE(both.check(made(both, large), large, context));
}

TEST_F(TapescriptAuthTest, MakesWitnessesAsItIsTold) {
    TapescriptOptions taproot = options();
    const Script hidden = make_single_sig_lock(other.public_key());
    taproot.lock = make_taproot_lock(key.public_key(), hidden);
    taproot.witness = [hidden](const SigningKey& with, const SigFields& fields) {
        return make_taproot_witness_keyspend(with, hidden, fields);
    };
    const TapescriptAuth plugin(taproot);
    EXPECT_TRUE(plugin.check(made(plugin), body, context));

    taproot.witness = [](const SigningKey&, const SigFields&) -> Script {
        throw std::runtime_error("the key is locked away");
    };
    AuthFields fields;
    EXPECT_EQ(TapescriptAuth(taproot).make(fields, body, context), Errc::auth_not_possible);
    EXPECT_TRUE(fields.empty());
}

TEST_F(TapescriptAuthTest, SignsWhatItsExtensionsMakeOfTheFields) {
    TapescriptOptions extended = options();
    extended.environment.signature_extensions.push_back(
        [](tapescript::OpContext& run) -> tapescript::Result<bool> {
            run.cache.named["sigfield1"] = std::string("always the same");
            return true;
        });
    const TapescriptAuth plugin(extended);
    const AuthFields fields = made(plugin);
    EXPECT_TRUE(plugin.check(fields, "another body", context));
    EXPECT_FALSE(TapescriptAuth(options()).check(fields, body, context));
}

TEST_F(TapescriptAuthTest, LetsLocksSeeTheNodesClock) {
    for (const bool early : {true, false}) {
        TapescriptOptions timed = options();
        timed.lock =
            make_timestamp_after_lock(early ? now + 1 : now, tapescript::OnResult::verify) +
            make_single_sig_lock(key.public_key());
        const TapescriptAuth plugin(timed);
        EXPECT_EQ(plugin.check(made(plugin), body, context), !early);
    }
}

TEST_F(TapescriptAuthTest, ChecksAPeerWithTheLockInItsData) {
    const auto lock_of = [](const SigningKey& whose) {
        return Bytes(ByteView(make_single_sig_lock(whose.public_key()).code));
    };
    const Peer right = peer_with(Dict({{"lock", lock_of(key)}}));
    const Peer wrong = peer_with(Dict({{"lock", lock_of(other)}}));
    TapescriptOptions by_peer = options();
    by_peer.lock = make_single_sig_lock(other.public_key());
    EXPECT_FALSE(accepts_from(by_peer, &right));
    by_peer.use_peer_lock = true;
    EXPECT_TRUE(accepts_from(by_peer, &right));
    EXPECT_FALSE(accepts_from(by_peer, &wrong));
    for (const Value& lock : {Value("text"), Value(List{}), Value()}) {
        const Peer odd = peer_with(Dict({{"lock", lock}}));
        EXPECT_FALSE(accepts_from(by_peer, &odd));
    }
}

TEST_F(TapescriptAuthTest, ReadsTheLockOfAPeerAnewWhenItsDataChanged) {
    const auto lock_of = [](const SigningKey& whose) {
        return Bytes(ByteView(make_single_sig_lock(whose.public_key()).code));
    };
    TapescriptOptions by_peer = options();
    by_peer.use_peer_lock = true;
    const TapescriptAuth plugin(by_peer);
    Peer peer = peer_with(Dict({{"lock", lock_of(key)}}));
    const auto accepts = [&] {
        return plugin.check(made(TapescriptAuth(options())), body,
                            {.environment = environment, .peer = &peer, .peer_plugin = &peers});
    };
    peer.revision = 1;
    EXPECT_TRUE(accepts());
    EXPECT_TRUE(accepts());
    peer.data = peer_with(Dict({{"lock", lock_of(other)}})).data;
    EXPECT_TRUE(accepts()) << "only another revision says that the data has changed";
    peer.revision = 2;
    EXPECT_FALSE(accepts());
    peer.revision = 0;
    EXPECT_FALSE(accepts());
}

TEST_F(TapescriptAuthTest, FallsBackToItsOwnLockUnlessToldNotTo) {
    const Peer silent = peer_with(Dict());
    TapescriptOptions by_peer = options();
    by_peer.use_peer_lock = true;
    EXPECT_TRUE(accepts_from(by_peer, &silent));
    EXPECT_TRUE(accepts_from(by_peer, nullptr));
    by_peer.require_peer_lock = true;
    EXPECT_FALSE(accepts_from(by_peer, &silent));
    EXPECT_FALSE(accepts_from(by_peer, nullptr));
}

TEST_F(TapescriptAuthTest, VouchesByTheKeyOfALockWithOneSignature) {
    EXPECT_EQ(who_sent(options()), named_key());
    TapescriptOptions any_time = options();
    any_time.lock = make_single_sig_lock(key.public_key(), 0b100);
    EXPECT_EQ(who_sent(any_time), named_key());
}

TEST_F(TapescriptAuthTest, VouchesForNobodyWhereTheBodyMayGoUnsigned) {
    TapescriptOptions any_body = options();
    any_body.lock = make_single_sig_lock(key.public_key(), 0b001);
    EXPECT_EQ(who_sent(any_body), "nobody");
    TapescriptOptions extended = options();
    extended.environment.signature_extensions.push_back(
        [](tapescript::OpContext&) -> tapescript::Result<bool> { return true; });
    EXPECT_EQ(who_sent(extended), "nobody");
}

TEST_F(TapescriptAuthTest, VouchesForNobodyWhereTheLockDoesNotNameOneKeyPlainly) {
    TapescriptOptions timed = options();
    timed.lock = make_timestamp_after_lock(now, tapescript::OnResult::verify) +
                 make_single_sig_lock(key.public_key());
    EXPECT_EQ(who_sent(timed), "nobody");
    TapescriptOptions one_of_two = options();
    one_of_two.lock = make_multisig_lock(std::array{key.public_key(), other.public_key()}, 1);
    EXPECT_EQ(who_sent(one_of_two), "nobody");
}

TEST_F(TapescriptAuthTest, VouchesForAPeerByItsOwnLockAndNotByAnothers) {
    const Peer with_lock =
        peer_with(Dict({{"lock", Bytes(ByteView(make_single_sig_lock(key.public_key()).code))}}));
    const Peer silent = peer_with(Dict());
    TapescriptOptions by_peer = options();
    EXPECT_EQ(who_sent(by_peer, &with_lock), named_key());
    by_peer.use_peer_lock = true;
    EXPECT_EQ(who_sent(by_peer, &with_lock), "peer:70656572, " + named_key());
    EXPECT_EQ(who_sent(by_peer, &silent), named_key());
    by_peer.require_peer_lock = true;
    EXPECT_EQ(who_sent(by_peer, &with_lock), "peer:70656572, " + named_key());
    EXPECT_EQ(who_sent(by_peer, &silent), "refused");
}

TEST_F(TapescriptAuthTest, EndsWitnessesThatWantTooMuch) {
    TapescriptOptions tight = options();
    tight.budget.operations = 1;
    const TapescriptAuth plugin(tight);
    EXPECT_FALSE(plugin.check(made(plugin), body, context));
}

TEST_F(TapescriptAuthTest, RefusesOptionsThatProtectNothing) {
    TapescriptOptions without_lock = options();
    without_lock.lock = {};
    EXPECT_THROW(TapescriptAuth{without_lock}, std::invalid_argument);
    TapescriptOptions short_seed = options();
    short_seed.seed = "short";
    EXPECT_THROW(TapescriptAuth{short_seed}, std::invalid_argument);
    TapescriptOptions one_name = options();
    one_name.witness_field = one_name.nonce_field;
    EXPECT_THROW(TapescriptAuth{one_name}, std::invalid_argument);
}

struct FreshTapescriptTest : TapescriptAuthTest {
    TapescriptOptions fresh(Script lock) const {
        TapescriptOptions made = options();
        made.lock = std::move(lock);
        made.max_age = std::chrono::minutes(2);
        made.seen = seen;
        return made;
    }
    Errc why_not(const TapescriptAuth& plugin, const AuthFields& fields,
                 const Peer* peer = nullptr) const {
        Verdict verdict;
        return plugin.check(fields, body,
                            {.environment = environment,
                             .peer = peer,
                             .peer_plugin = &peers,
                             .verdict = &verdict})
                   ? Errc{}
                   : verdict.why;
    }

    std::shared_ptr<SeenMessages> seen = std::make_shared<SeenMessages>(
        SeenOptions{.ran_before = false, .environment = environment});
};

TEST_F(FreshTapescriptTest, TakesAMessageOnceWhateverItsWitness) {
    const TapescriptAuth plugin(fresh(make_single_sig_lock(key.public_key())));
    AuthFields fields = made(plugin);
    EXPECT_EQ(why_not(plugin, fields), Errc{});
    EXPECT_EQ(why_not(plugin, fields), Errc::replayed);
    // Anybody can put something before a witness that does nothing.
    const std::string longer = "\x01\x06" + fields.bytes("witness")->str();
    fields.set("witness", longer);
    ASSERT_TRUE(TapescriptAuth(options()).check(fields, body, context));
    EXPECT_EQ(why_not(plugin, fields), Errc::replayed);
    EXPECT_EQ(why_not(plugin, made(plugin)), Errc{});
}

TEST_F(FreshTapescriptTest, ComparesTheTimestampWithTheClock) {
    const TapescriptAuth plugin(fresh(make_single_sig_lock(key.public_key())));
    AuthFields old;
    old.set("ts", ByteView("\0\0\0\1", 4));
    EXPECT_FALSE(plugin.make(old, body, context));
    EXPECT_TRUE(TapescriptAuth(options()).check(old, body, context));
    EXPECT_EQ(why_not(plugin, old), Errc::stale);
}

TEST_F(FreshTapescriptTest, RefusesLocksThatLetOutWhatMakesAMessageAnother) {
    const auto public_key = key.public_key();
    for (const std::uint8_t flags : std::initializer_list<std::uint8_t>{1, 2, 4, 6, 0xff}) {
        EXPECT_THROW(TapescriptAuth(fresh(make_single_sig_lock(public_key, flags))),
                     std::invalid_argument);
        EXPECT_THROW(TapescriptAuth(fresh(
                         make_taproot_lock(public_key, make_single_sig_lock(public_key), flags))),
                     std::invalid_argument);
        const Peer peer =
            peer_with(Dict{{"lock", Bytes(make_single_sig_lock(public_key, flags).code)}});
        TapescriptOptions peers_own = fresh(make_single_sig_lock(public_key));
        peers_own.use_peer_lock = true;
        const TapescriptAuth plugin(peers_own);
        EXPECT_EQ(why_not(plugin, made(plugin), &peer), Errc::auth_failed);
    }
    EXPECT_NO_THROW(TapescriptAuth(fresh(make_single_sig_lock(public_key, 0xf8))));
}

// Nobody sees what a script allows that only its hash is known of.
TEST_F(FreshTapescriptTest, RefusesSignaturesThatLeaveThatOutWhereverTheyAreChecked) {
    const Script hidden = make_single_sig_lock(key.public_key(), 0xff);
    TapescriptOptions sloppy = fresh(make_graftroot_lock(key.public_key()));
    for (const std::uint8_t flags : std::initializer_list<std::uint8_t>{0, 1, 2, 4, 0xf8}) {
        sloppy.witness = [&](const SigningKey& signer, const SigFields& fields) {
            return make_single_sig_witness(signer, fields, {.sigflags = flags}) +
                   make_graftroot_witness_surrogate(signer, hidden);
        };
        sloppy.max_age = never;
        const TapescriptAuth unfresh(sloppy);
        EXPECT_TRUE(unfresh.check(made(unfresh), body, context)) << int(flags);
        sloppy.max_age = std::chrono::minutes(2);
        const TapescriptAuth plugin(sloppy);
        EXPECT_EQ(why_not(plugin, made(plugin)), (flags & 7) == 0 ? Errc{} : Errc::auth_failed)
            << int(flags);
    }
}

}  // namespace
}  // namespace netaio::tapescript_auth_tests

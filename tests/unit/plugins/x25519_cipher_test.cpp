#include <gtest/gtest.h>

#include <atomic>
#include <netaio/default_peer.hpp>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <netaio/packify.hpp>
#include <netaio/stream_cipher.hpp>
#include <netaio/x25519_cipher.hpp>
#include <thread>

#include "core/layers.hpp"
#include "core/peers.hpp"
#include "support/fixed_environment.hpp"
#include "support/keys.hpp"
#include "support/log_lines.hpp"
#include "wire/hex.hpp"

namespace netaio {
namespace {

constexpr std::size_t overhead = X25519Cipher::overhead;

std::string seed(char letter) {
    return std::string(32, letter);
}

Peer peer_with(const Value& data) {
    return {.id = "peer", .data = pack(data).value()};
}

// Two ends that know each other.
struct X25519CipherTest : testing::Test {
    PluginContext to(const Peer& peer) {
        return {.environment = environment, .peer = &peer, .peer_plugin = &peer_plugin};
    }
    std::error_code encrypt_to(const Peer& peer, Message& message) {
        return here.encrypt(message.body(), message.auth(), to(peer));
    }
    std::error_code decrypt_from(const Peer& peer, Message& message) {
        return there.decrypt(message.body(), message.auth(), to(peer));
    }
    OwnedMessage encrypted(ByteView uri, ByteView content) {
        OwnedMessage message = publish(uri, content);
        EXPECT_FALSE(encrypt_to(there_peer, message));
        return message;
    }

    X25519Cipher here{{.seed = seed('h')}};
    X25519Cipher there{{.seed = seed('t')}};
    Peer here_peer = x25519_peer(seed('h'));
    Peer there_peer = x25519_peer(seed('t'));
    DefaultPeer peer_plugin;
    Environment environment = test::fixed_environment();
};

// Counts how often the data of peers is parsed.
struct CountingPeerPlugin final : PeerPlugin {
    bool validate(const Peer& peer) const override { return plugin.validate(peer); }
    Result<Value> parse_data(const Peer& peer) const override {
        ++parsed;
        return plugin.parse_data(peer);
    }
    Result<std::string> encode_data(const Value& data) const override {
        return plugin.encode_data(data);
    }
    Result<std::string> pack(const Peer& peer) const override { return plugin.pack(peer); }
    Result<Peer> unpack(ByteView packed) const override { return plugin.unpack(packed); }

    DefaultPeer plugin;
    mutable int parsed = 0;
};

TEST_F(X25519CipherTest, ReadsTheDataOfAPeerOnceUntilItChanges) {
    const CountingPeerPlugin counting;
    core::PeerTable peers;
    const Address address(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 1);
    const auto send = [&] {
        const auto peer = peers.find(address);
        OwnedMessage message = publish("uri", "content");
        return here.encrypt(
            message.body(), message.auth(),
            {.environment = environment, .peer = peer.get(), .peer_plugin = &counting});
    };
    peers.hear(there_peer, address, {});
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(send());
        peers.hear(there_peer, address.with_port(static_cast<std::uint16_t>(2 + i)), {});
    }
    EXPECT_EQ(counting.parsed, 1);
    // That there is no key is kept, too.
    there_peer.data = peer_with(Dict{{"name", "cellar"}}).data;
    peers.hear(there_peer, address, {});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(send(), Errc::encrypt_failed);
    }
    EXPECT_EQ(counting.parsed, 2);
}

TEST_F(X25519CipherTest, DecryptsWhatThePeerEncrypted) {
    for (const bool encrypt_uri : {true, false}) {
        const X25519Cipher from({.seed = seed('h'), .encrypt_uri = encrypt_uri});
        const X25519Cipher at({.seed = seed('t'), .encrypt_uri = encrypt_uri});
        for (const std::size_t size : {0u, 1u, 38u, 40u, 100u, 65'000u}) {
            const std::string content(size, 'c');
            OwnedMessage message = publish("uri", content);
            ASSERT_FALSE(from.encrypt(message.body(), message.auth(), to(there_peer)));
            EXPECT_EQ(message.uri() == "uri", !encrypt_uri);
            EXPECT_EQ(message.uri().size() + message.content().size(),
                      3 + size + overhead + (encrypt_uri ? 2 : 0));
            EXPECT_TRUE(message.auth().empty());
            ASSERT_FALSE(at.decrypt(message.body(), message.auth(), to(here_peer)));
            EXPECT_EQ(message.uri(), "uri");
            EXPECT_EQ(message.content(), content);
        }
    }
}

TEST_F(X25519CipherTest, VouchesByTheKeyOfThePeerForWhatItDecrypts) {
    OwnedMessage message = encrypted("uri", "content");
    OwnedMessage forged = message.own();
    Verdict verdict;
    PluginContext from_itself = to(there_peer);
    PluginContext from_here = to(here_peer);
    from_itself.verdict = from_here.verdict = &verdict;
    EXPECT_TRUE(there.decrypt(forged.body(), forged.auth(), from_itself));
    EXPECT_TRUE(verdict.who.empty());
    ASSERT_FALSE(there.decrypt(message.body(), message.auth(), from_here));
    const Identities expected = Identity{"x25519", wire::hex(here.public_key())};
    EXPECT_EQ(verdict.who, expected);
}

TEST_F(X25519CipherTest, SplitsTheBoxAnywhereBetweenItsEnds) {
    const X25519Cipher from({.seed = seed('h'), .encrypt_uri = true});
    const X25519Cipher at({.seed = seed('t'), .encrypt_uri = true});
    const std::size_t size = 2 + 3 + 6 + overhead;
    for (std::uint32_t split = 1; split < size; ++split) {
        environment = test::fixed_environment({std::string(24, 'n')}, {split});
        OwnedMessage message = publish("uri", "123456");
        ASSERT_FALSE(from.encrypt(message.body(), message.auth(), to(there_peer)));
        EXPECT_EQ(message.uri().size(), split);
        EXPECT_EQ(message.content().size(), size - split);
        ASSERT_FALSE(at.decrypt(message.body(), message.auth(), to(here_peer)));
        EXPECT_EQ(message.uri(), "uri");
        EXPECT_EQ(message.content(), "123456");
    }
}

TEST_F(X25519CipherTest, EncryptsTheSameMessageDifferentlyEachTime) {
    EXPECT_NE(encrypted("uri", "content").content(), encrypted("uri", "content").content());
}

TEST_F(X25519CipherTest, DecryptsInTheBufferTheMessageLiesIn) {
    std::string buffer = encrypted("uri", "content").body().encoded().str();
    Body message_body = Body::over(buffer).value();
    ASSERT_FALSE(there.decrypt(message_body, AuthFields(), to(here_peer)));
    EXPECT_EQ(message_body.uri(), "uri");
    EXPECT_EQ(message_body.content(), "content");
    EXPECT_FALSE(message_body.owns());
}

TEST_F(X25519CipherTest, FailsToDecryptWhatWasChangedCutOrIsFromAnother) {
    const OwnedMessage message = encrypted("uri", "content");
    const std::string box = message.content().str();
    for (std::size_t at = 0; at < box.size(); ++at) {
        std::string changed = box;
        changed[at] ^= 1;
        OwnedMessage received = publish("uri", changed);
        EXPECT_EQ(decrypt_from(here_peer, received), Errc::decrypt_failed) << at;
        OwnedMessage cut = publish("uri", box.substr(0, at));
        EXPECT_EQ(decrypt_from(here_peer, cut), Errc::decrypt_failed) << at;
    }
    OwnedMessage received = publish("uri", box);
    EXPECT_EQ(decrypt_from(x25519_peer(seed('x')), received), Errc::decrypt_failed);
    EXPECT_FALSE(decrypt_from(here_peer, received));
}

TEST_F(X25519CipherTest, FailsWithoutAPeerOrAWayToReadItsData) {
    for (const PluginContext& context :
         {PluginContext{.environment = environment},
          PluginContext{.environment = environment, .peer = &there_peer},
          PluginContext{.environment = environment, .peer_plugin = &peer_plugin}}) {
        OwnedMessage message = publish("uri", "content");
        EXPECT_EQ(here.encrypt(message.body(), message.auth(), context), Errc::encrypt_failed);
        EXPECT_EQ(message.content(), "content");
        EXPECT_EQ(there.decrypt(message.body(), message.auth(), context), Errc::decrypt_failed);
    }
}

TEST_F(X25519CipherTest, FailsWhenThePeersDataHasNoKey) {
    const Bytes key(there.public_key());
    std::vector<Peer> peers{{.id = "peer"},
                            {.id = "peer", .data = ""},
                            {.id = "peer", .data = "garbage"},
                            peer_with(List{"pubkey", key}),
                            peer_with("pubkey"),
                            peer_with(Dict{{"vkey", key}}),
                            peer_with(Dict{{Bytes("pubkey"), key}}),
                            peer_with(Dict{{"pubkey", Value()}}),
                            peer_with(Dict{{"pubkey", std::string(32, 'x')}}),
                            peer_with(Dict{{"pubkey", ByteArray(there.public_key())}})};
    for (const Peer& peer : peers) {
        OwnedMessage message = publish("uri", "content");
        EXPECT_EQ(encrypt_to(peer, message), Errc::encrypt_failed);
        EXPECT_EQ(decrypt_from(peer, message), Errc::decrypt_failed);
    }
}

TEST_F(X25519CipherTest, FailsWithPubkeysThatAreNone) {
    std::vector<std::string> keys{"", "short", there.public_key().str() + "x"};
    std::ranges::copy(test::low_order_points(), std::back_inserter(keys));
    std::ranges::copy(test::non_canonical_points(), std::back_inserter(keys));
    for (const std::string& key : keys) {
        const Peer peer = peer_with(Dict{{"pubkey", Bytes(key)}});
        OwnedMessage message = publish("uri", "content");
        EXPECT_EQ(encrypt_to(peer, message), Errc::encrypt_failed);
        OwnedMessage received = encrypted("uri", "content");
        EXPECT_EQ(decrypt_from(peer, received), Errc::decrypt_failed);
    }
}

TEST_F(X25519CipherTest, LogsWhyThereIsNoKeyButNoKey) {
    test::LogLines lines;
    environment.log = lines.log();
    OwnedMessage message = publish("uri", "content");
    EXPECT_TRUE(here.encrypt(message.body(), message.auth(), {.environment = environment}));
    EXPECT_TRUE(encrypt_to({.id = "peer"}, message));
    EXPECT_TRUE(encrypt_to(peer_with(Dict{{"pubkey", Bytes("short")}}), message));
    EXPECT_FALSE(encrypt_to(there_peer, message));
    EXPECT_EQ(lines.all(),
              (std::vector<std::string>{"debug x25519: the peer at the other end is not known",
                                        "debug x25519: the data of the peer has no pubkey",
                                        "debug x25519: the pubkey of the peer cannot be used"}));
}

TEST_F(X25519CipherTest, TellsPeersItsKeys) {
    const Value data = peer_plugin.parse_data(there_peer).value();
    EXPECT_EQ(data, Value(there.peer_data()));
    EXPECT_EQ(data.find("pubkey")->as_bytes(), there.public_key());
    EXPECT_EQ(data.find("vkey")->as_bytes(), there.verify_key());
    EXPECT_EQ(there_peer.id, there.public_key());
    EXPECT_NE(there.public_key(), there.verify_key());
    EXPECT_EQ(there.public_key(), X25519Cipher({.seed = seed('t')}).public_key());
}

TEST_F(X25519CipherTest, FollowsAPeerThatChangesItsKey) {
    Peer peer = peer_with(there.peer_data());
    OwnedMessage first = publish("uri", "content");
    ASSERT_FALSE(encrypt_to(peer, first));
    const X25519Cipher renewed({.seed = seed('r')});
    peer.data = pack(renewed.peer_data()).value();
    OwnedMessage second = publish("uri", "content");
    ASSERT_FALSE(encrypt_to(peer, second));
    EXPECT_FALSE(decrypt_from(here_peer, first));
    EXPECT_FALSE(renewed.decrypt(second.body(), second.auth(), to(here_peer)));
}

TEST_F(X25519CipherTest, EncryptsUpToTheSizeRuleAndLeavesLargerBodiesAlone) {
    for (const bool encrypt_uri : {false, true}) {
        const X25519Cipher plugin({.seed = seed('h'), .encrypt_uri = encrypt_uri});
        const std::size_t room = Body::payload_max - 3 - overhead - (encrypt_uri ? 2 : 0);
        OwnedMessage fits = publish("uri", std::string(room, 'c'));
        EXPECT_FALSE(plugin.encrypt(fits.body(), fits.auth(), to(there_peer)));
        EXPECT_EQ(fits.body().encoded().size() - 2, Body::payload_max);

        OwnedMessage message = publish("uri", std::string(room + 1, 'c'));
        EXPECT_EQ(plugin.encrypt(message.body(), message.auth(), to(there_peer)), Errc::too_large);
        EXPECT_EQ(message.uri(), "uri");
        EXPECT_EQ(message.content(), std::string(room + 1, 'c'));
    }
}

TEST_F(X25519CipherTest, WorksInsideOfOtherPlugins) {
    const auto inner = [](char letter) {
        return Plugins{.auth = hmac_auth({.secret = "inner", .hmac_field = "hmac2"}),
                       .cipher = x25519_cipher({.seed = seed(letter)})};
    };
    const Plugins outer{.auth = hmac_auth({.secret = "outer"}),
                        .cipher = stream_cipher({.key = "outer"})};
    OwnedMessage message = publish("uri", "content");
    ASSERT_FALSE(core::seal(message, inner('h'), outer, to(there_peer)));
    ASSERT_FALSE(core::open_layer(message, outer, to(here_peer)));
    EXPECT_EQ(message.uri(), "uri");
    EXPECT_NE(message.content(), "content");
    ASSERT_FALSE(core::open_layer(message, inner('t'), to(here_peer)));
    EXPECT_EQ(message.content(), "content");
}

TEST_F(X25519CipherTest, SaysWhatItIs) {
    EXPECT_TRUE(here.is_peer_specific());
    EXPECT_FALSE(here.hides_uri());
    EXPECT_TRUE(X25519Cipher({.seed = seed('h'), .encrypt_uri = true}).hides_uri());
}

TEST_F(X25519CipherTest, RefusesASeedOfAnotherSize) {
    for (const std::size_t size : {0u, 31u, 33u, 64u}) {
        EXPECT_THROW(X25519Cipher({.seed = std::string(size, 's')}), std::invalid_argument);
    }
}

TEST_F(X25519CipherTest, ServesSeveralThreadsAtOnce) {
    const X25519Cipher from({.seed = seed('h'), .shared_keys_max = 2});
    const Environment outside;
    std::atomic<int> read = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            const std::string own_seed = seed(static_cast<char>('1' + i));
            const auto at = x25519_cipher({.seed = own_seed});
            const Peer at_peer = x25519_peer(own_seed);
            PluginContext context{.environment = outside, .peer_plugin = &peer_plugin};
            for (int round = 0; round < 50; ++round) {
                const std::string content(static_cast<std::size_t>(i * 100 + round), 'c');
                OwnedMessage message = publish("uri", content);
                context.peer = &at_peer;
                const bool sent = !from.encrypt(message.body(), message.auth(), context);
                context.peer = &here_peer;
                const bool received = sent && !at->decrypt(message.body(), message.auth(), context);
                read += received && message.content() == content ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(read, 200);
}

}  // namespace
}  // namespace netaio

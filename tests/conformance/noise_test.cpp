#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "core/noise.hpp"
#include "vectors.hpp"

/// The handshakes of the Noise specification, as public vectors record them, by the machine that
/// sessions use two of them with.
namespace netaio::noise_cases {
namespace {

using namespace core::noise;
using enum Token;
using vectors::Json;

constexpr std::array just_e{e};
constexpr std::array just_psk_e{psk, e};
constexpr std::array e_es{e, es};
constexpr std::array psk_e_es{psk, e, es};
constexpr std::array e_ee{e, ee};
constexpr std::array e_ee_psk{e, ee, psk};
constexpr std::array e_es_ss{e, es, ss};
constexpr std::array psk_e_es_ss{psk, e, es, ss};
constexpr std::array e_ee_se{e, ee, se};
constexpr std::array e_ee_se_psk{e, ee, se, psk};
constexpr std::array e_es_s_ss{e, es, s, ss};
constexpr std::array e_es_s_ss_psk{e, es, s, ss, psk};
constexpr std::array e_ee_s_es{e, ee, s, es};
constexpr std::array s_se{s, se};
constexpr std::array e_s{e, s};
constexpr std::array e_ee_se_s_es{e, ee, se, s, es};
constexpr std::array e_ee_se_s_es_psk{e, ee, se, s, es, psk};

using Messages = std::array<std::span<const Token>, 2>;
constexpr Messages nn{just_e, e_ee};
constexpr Messages nn_psk0{just_psk_e, e_ee};
constexpr Messages nn_psk2{just_e, e_ee_psk};
constexpr Messages nk{e_es, e_ee};
constexpr Messages nk_psk0{psk_e_es, e_ee};
constexpr Messages nk_psk2{e_es, e_ee_psk};
constexpr Messages kk{e_es_ss, e_ee_se};
constexpr Messages kk_psk0{psk_e_es_ss, e_ee_se};
constexpr Messages kk_psk2{e_es_ss, e_ee_se_psk};
constexpr Messages ik{e_es_s_ss, e_ee_se};
constexpr Messages ik_psk1{e_es_s_ss_psk, e_ee_se};
constexpr Messages ix{e_s, e_ee_se_s_es};
constexpr Messages ix_psk2{e_s, e_ee_se_s_es_psk};
constexpr std::array<std::span<const Token>, 3> xx{just_e, e_ee_s_es, s_se};

const std::array<Pattern, 14> others{{{"NN", false, false, nn},
                                      {"NNpsk0", false, false, nn_psk0},
                                      {"NNpsk2", false, false, nn_psk2},
                                      {"NK", false, true, nk},
                                      {"NKpsk0", false, true, nk_psk0},
                                      {"NKpsk2", false, true, nk_psk2},
                                      {"KK", true, true, kk},
                                      {"KKpsk0", true, true, kk_psk0},
                                      {"KKpsk2", true, true, kk_psk2},
                                      {"IK", false, true, ik},
                                      {"IKpsk1", false, true, ik_psk1},
                                      {"IX", false, false, ix},
                                      {"IXpsk2", false, false, ix_psk2},
                                      {"XX", false, false, xx}}};

const Pattern* pattern_named(std::string_view name) {
    for (const Pattern* one : {&ik_psk2, &xx_psk3}) {
        if (one->name == name) {
            return one;
        }
    }
    const auto found = std::ranges::find(others, name, &Pattern::name);
    return found == others.end() ? nullptr : &*found;
}

std::string hex_of(const Json& one, const std::string& key) {
    return vectors::from_hex(one.value(key, std::string()));
}

crypto::KeyPair pair_of(const std::string& bytes) {
    crypto::SecretKey secret;
    std::copy_n(ByteView(bytes).octets(), std::min(bytes.size(), secret.bytes.size()),
                secret.bytes.begin());
    return crypto::KeyPair::of(secret);
}

Handshake end_of(const Json& one, const std::string& who, const Pattern& pattern,
                 crypto::AeadCipher cipher) {
    const auto own = pair_of(hex_of(one, who + "_static"));
    const auto ephemeral = pair_of(hex_of(one, who + "_ephemeral"));
    const std::string prologue = hex_of(one, who + "_prologue");
    const std::string other = hex_of(one, who + "_remote_static");
    Setup setup{pattern, cipher, who == "init", prologue, own, ephemeral};
    if (!other.empty()) {
        setup.other.emplace();
        std::copy_n(ByteView(other).octets(), setup.other->size(), setup.other->begin());
    }
    if (const auto psks = one.find(who + "_psks"); psks != one.end() && !psks->empty()) {
        const std::string psk = vectors::from_hex(psks->at(0).get<std::string>());
        std::copy_n(ByteView(psk).octets(), setup.psk.bytes.size(), setup.psk.bytes.begin());
    }
    return Handshake(setup);
}

void check_transport(const std::string& payload, const std::string& sealed, crypto::AeadKey& sends,
                     crypto::AeadKey& receives, std::uint64_t number) {
    std::string bytes = payload + std::string(crypto::AeadKey::tag_size, '\0');
    sends.seal(number, {}, bytes);
    EXPECT_EQ(vectors::to_hex(bytes), vectors::to_hex(sealed));
    ASSERT_TRUE(receives.open(number, {}, bytes));
    EXPECT_EQ(vectors::to_hex(bytes.substr(0, payload.size())), vectors::to_hex(payload));
}

void check(const Json& one, const Pattern& pattern, crypto::AeadCipher cipher) {
    Handshake initiator = end_of(one, "init", pattern, cipher);
    Handshake responder = end_of(one, "resp", pattern, cipher);
    std::vector<Keys> keys;
    std::size_t count = 0;
    for (const Json& message : one.at("messages")) {
        const std::string payload = vectors::from_hex(message.at("payload").get<std::string>());
        const std::string sealed = vectors::from_hex(message.at("ciphertext").get<std::string>());
        const bool from_initiator = count % 2 == 0;
        if (initiator.finished()) {
            if (keys.empty()) {
                keys.push_back(initiator.split());
                keys.push_back(responder.split());
                const std::string hash = one.value("handshake_hash", std::string());
                if (!hash.empty()) {
                    EXPECT_EQ(vectors::to_hex(keys[0].hash.view()), hash);
                }
                EXPECT_EQ(keys[0].hash.view(), keys[1].hash.view());
            }
            const std::uint64_t number = (count - pattern.messages.size()) / 2;
            auto& from = keys[from_initiator ? 0 : 1];
            auto& to = keys[from_initiator ? 1 : 0];
            check_transport(payload, sealed, from.sends, to.receives, number);
        } else {
            std::string written;
            Handshake& from = from_initiator ? initiator : responder;
            Handshake& to = from_initiator ? responder : initiator;
            ASSERT_FALSE(from.write(payload, written));
            EXPECT_EQ(vectors::to_hex(written), vectors::to_hex(sealed));
            const auto read = to.read(written);
            ASSERT_TRUE(read);
            EXPECT_EQ(*read, payload);
        }
        ++count;
    }
    EXPECT_FALSE(keys.empty());
}

TEST(NoiseCases, AgreeWithThePublicVectorsOfX25519AndSha256) {
    std::size_t checked = 0;
    std::size_t left_out = 0;
    for (const Json& one : vectors::cases("noise/noise")) {
        const auto name = one.at("protocol_name").get<std::string>();
        SCOPED_TRACE(name);
        // Noise_PATTERN_25519_CIPHER_HASH
        const auto from = name.find('_') + 1;
        const std::string pattern = name.substr(from, name.find('_', from) - from);
        const std::string rest = name.substr(from + pattern.size());
        const bool aes = rest == "_25519_AESGCM_SHA256";
        const Pattern* const known = pattern_named(pattern);
        if (!known || (!aes && rest != "_25519_ChaChaPoly_SHA256")) {
            ++left_out;
            continue;
        }
        ++checked;
        check(one, *known, aes ? crypto::AeadCipher::aes_gcm : crypto::AeadCipher::chacha_poly);
    }
    EXPECT_NE(checked, 0U);
    std::cout << "noise: " << checked << " handshakes, " << left_out
              << " left out, of other functions\n";
}

}  // namespace
}  // namespace netaio::noise_cases

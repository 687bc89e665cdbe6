#include "noise.hpp"

#include <algorithm>
#include <cassert>

#include "../crypto/hkdf.hpp"

namespace netaio::core::noise {
namespace {

using enum Token;

constexpr std::array ik_psk2_1{e, es, s, ss};
constexpr std::array ik_psk2_2{e, ee, se, psk};
constexpr std::array<std::span<const Token>, 2> ik_psk2_messages{ik_psk2_1, ik_psk2_2};

constexpr std::array xx_psk3_1{e};
constexpr std::array xx_psk3_2{e, ee, s, es};
constexpr std::array xx_psk3_3{s, se, psk};
constexpr std::array<std::span<const Token>, 3> xx_psk3_messages{xx_psk3_1, xx_psk3_2, xx_psk3_3};

constexpr std::size_t message_max = 65535;

ByteView bytes_of(const crypto::PublicKey& key) noexcept {
    return std::string_view(reinterpret_cast<const char*>(key.data()), key.size());
}
ByteView bytes_of(const crypto::SecretKey& key) noexcept {
    return std::string_view(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
}

crypto::PublicKey public_key_in(ByteView bytes) noexcept {
    crypto::PublicKey key;
    std::copy_n(bytes.octets(), key.size(), key.begin());
    return key;
}

crypto::AeadKey key_of(crypto::AeadCipher cipher, const crypto::Digest& digest) noexcept {
    crypto::SecretKey key;
    std::copy_n(digest.view().octets(), key.bytes.size(), key.bytes.begin());
    return {cipher, key};
}

// A name of up to 32 bytes is its own hash.
crypto::Digest hash_of_name(const std::string& name) {
    crypto::Digest hash;
    if (name.size() > crypto::Digest::size) {
        return crypto::sha256(name);
    }
    std::ranges::copy(name, hash.data());
    return hash;
}

}  // namespace

const Pattern ik_psk2{"IKpsk2", false, true, ik_psk2_messages};
const Pattern xx_psk3{"XXpsk3", false, false, xx_psk3_messages};

Handshake::Handshake(const Setup& setup)
    : pattern_(&setup.pattern),
      cipher_(setup.cipher),
      initiates_(setup.initiates),
      uses_psk_(setup.pattern.name.find("psk") != std::string_view::npos),
      own_(setup.own),
      ephemeral_(setup.ephemeral),
      psk_(setup.psk) {
    hash_ = hash_of_name("Noise_" + std::string(pattern_->name) + "_25519_" +
                         (cipher_ == crypto::AeadCipher::aes_gcm ? "AESGCM" : "ChaChaPoly") +
                         "_SHA256");
    chaining_key_ = hash_;
    mix_hash(setup.prologue);
    if (initiates_ ? pattern_->responder_is_known : pattern_->initiator_is_known) {
        assert(setup.other);
        other_ = setup.other;
    }
    if (pattern_->initiator_is_known) {
        mix_hash(bytes_of(initiates_ ? own_.public_key : *other_));
    }
    if (pattern_->responder_is_known) {
        mix_hash(bytes_of(initiates_ ? *other_ : own_.public_key));
    }
}

void Handshake::mix_hash(ByteView bytes) noexcept {
    hash_ = crypto::Sha256().update(hash_.view()).update(bytes).finish();
}

void Handshake::mix_key(ByteView input) noexcept {
    const auto outputs = crypto::hkdf<2>(chaining_key_.view(), input);
    chaining_key_ = outputs[0];
    key_ = key_of(cipher_, outputs[1]);
    number_ = 0;
}

void Handshake::mix_key_and_hash(ByteView input) noexcept {
    const auto outputs = crypto::hkdf<3>(chaining_key_.view(), input);
    chaining_key_ = outputs[0];
    mix_hash(outputs[1].view());
    key_ = key_of(cipher_, outputs[2]);
    number_ = 0;
}

bool Handshake::mix_agreed(const crypto::SecretKey& own,
                           const std::optional<crypto::PublicKey>& other) {
    const auto agreed = other ? crypto::agree(own, *other) : std::nullopt;
    if (agreed) {
        mix_key(bytes_of(*agreed));
    }
    return agreed.has_value();
}

// What a token mixes in beside the keys that it sends.
bool Handshake::mix(Token token) {
    switch (token) {
        case ee: return mix_agreed(ephemeral_.secret, other_ephemeral_);
        case ss: return mix_agreed(own_.secret, other_);
        case es:
            return initiates_ ? mix_agreed(ephemeral_.secret, other_)
                              : mix_agreed(own_.secret, other_ephemeral_);
        case se:
            return initiates_ ? mix_agreed(own_.secret, other_ephemeral_)
                              : mix_agreed(ephemeral_.secret, other_);
        case psk: mix_key_and_hash(bytes_of(psk_)); return true;
        case e:
        case s: break;
    }
    return true;
}

void Handshake::take_public(const crypto::PublicKey& key) {
    mix_hash(bytes_of(key));
    if (uses_psk_) {
        mix_key(bytes_of(key));
    }
}

void Handshake::encrypt(ByteView text, std::string& out) {
    const std::size_t start = out.size();
    out.append(text);
    if (key_) {
        out.resize(out.size() + crypto::AeadKey::tag_size);
        key_->seal(number_++, hash_.view(), std::span(out).subspan(start));
    }
    mix_hash(ByteView(out).substr(start));
}

Result<std::string> Handshake::decrypt(ByteView bytes) {
    std::string text(bytes);
    if (key_) {
        if (!key_->open(number_++, hash_.view(), text)) {
            return Errc::auth_failed;
        }
        text.resize(text.size() - crypto::AeadKey::tag_size);
    }
    mix_hash(bytes);
    return text;
}

std::error_code Handshake::write(ByteView payload, std::string& out) {
    assert(writes() && !finished());
    const std::size_t start = out.size();
    for (const Token token : pattern_->messages[step_]) {
        if (token == e) {
            out.append(bytes_of(ephemeral_.public_key));
            take_public(ephemeral_.public_key);
        } else if (token == s) {
            encrypt(bytes_of(own_.public_key), out);
        } else if (!mix(token)) {
            return Errc::auth_failed;
        }
    }
    encrypt(payload, out);
    ++step_;
    return out.size() - start > message_max ? make_error_code(Errc::too_large) : std::error_code();
}

Result<std::string> Handshake::read(ByteView message) {
    assert(!writes() && !finished());
    if (message.size() > message_max) {
        return Errc::malformed;
    }
    for (const Token token : pattern_->messages[step_]) {
        if (token == e) {
            if (message.size() < crypto::key_size) {
                return Errc::malformed;
            }
            other_ephemeral_ = public_key_in(message);
            take_public(*other_ephemeral_);
            message = message.substr(crypto::key_size);
        } else if (token == s) {
            const std::size_t size = crypto::key_size + (key_ ? crypto::AeadKey::tag_size : 0);
            if (message.size() < size) {
                return Errc::malformed;
            }
            const auto key = decrypt(message.substr(0, size));
            if (!key) {
                return key.error();
            }
            other_ = public_key_in(*key);
            message = message.substr(size);
        } else if (!mix(token)) {
            return Errc::auth_failed;
        }
    }
    auto payload = decrypt(message);
    if (payload) {
        ++step_;
    }
    return payload;
}

Keys Handshake::split() const {
    assert(finished());
    const auto outputs = crypto::hkdf<2>(chaining_key_.view(), {});
    return {key_of(cipher_, outputs[initiates_ ? 0 : 1]),
            key_of(cipher_, outputs[initiates_ ? 1 : 0]), hash_};
}

Disclosed Handshake::disclose() const {
    assert(finished());
    const auto outputs = crypto::hkdf<2>(chaining_key_.view(), {});
    return {initiates_ ? ephemeral_.public_key : *other_ephemeral_, cipher_, outputs[0],
            outputs[1]};
}

}  // namespace netaio::core::noise

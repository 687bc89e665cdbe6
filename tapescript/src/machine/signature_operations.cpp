#include <sodium.h>

#include <algorithm>

#include "curve.hpp"
#include "hash.hpp"
#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {
namespace {

constexpr unsigned keep_signature_flag = 9;
constexpr unsigned template_extensions_flag = 10;
constexpr std::size_t signature_size = crypto_sign_BYTES;

std::string_view field_name(unsigned index) {
    static constexpr std::array<std::string_view, 8> names{"sigfield1", "sigfield2", "sigfield3",
                                                           "sigfield4", "sigfield5", "sigfield6",
                                                           "sigfield7", "sigfield8"};
    return names[index];
}

// Puts all signature fields whose bit is not set on the stack, joined.
bool push_message(Machine& m, std::uint8_t left_out) {
    if ((left_out & m.signed_fields()) != 0) return m.fail("disallowed sigflag");
    const std::string* only = nullptr;
    std::string joined;
    for (unsigned index = 0; index < 8; ++index) {
        if ((left_out >> index & 1) != 0) continue;
        const Value* field = m.named(field_name(index));
        if (!field) continue;
        const std::string* bytes = field->bytes();
        if (!bytes) return m.fail("TypeError", "a signature field is not bytes");
        if (!only && joined.empty()) {
            only = bytes;
            continue;
        }
        if (only) joined = *only;
        only = nullptr;
        joined += *bytes;
    }
    return m.push(only ? std::string_view(*only) : joined);
}

// What a key must have signed; valid until the next push.
bool message_for(Machine& m, std::uint8_t left_out, std::string_view& message) {
    return push_message(m, left_out) && m.pop(message) && m.charge_hash(message.size());
}

bool signature_is_valid(std::string_view signature, std::string_view message,
                        std::string_view public_key) {
    return crypto_sign_verify_detached(octets(signature), octets(message), message.size(),
                                       octets(public_key)) == 0;
}

// Neither key nor signature may lie on the stack.
bool verify_signature(Machine& m, std::uint8_t allowed, std::string_view public_key,
                      std::string_view signature, bool& valid) {
    if (public_key.size() != curve_size) {
        return m.fail("ValueError", "OP_CHECK_SIG invalid vkey encountered");
    }
    if (signature.size() != signature_size && signature.size() != signature_size + 1) {
        return m.fail("ValueError", "OP_CHECK_SIG invalid sig encountered");
    }
    std::uint8_t left_out = 0;
    if (signature.size() > signature_size) left_out = static_cast<std::uint8_t>(signature.back());
    if ((left_out & ~allowed) != 0) return m.fail("disallowed sigflag");
    std::string_view message;
    if (!message_for(m, left_out, message) || !m.charge_curve()) return false;
    valid = signature_is_valid(signature, message, public_key);
    return true;
}

// With the allowed flags read or given.
bool check_top_signature(Machine& m, std::uint8_t allowed) {
    std::string_view public_key;
    std::string_view signature;
    if (!m.pop(public_key) || !m.pop(signature)) return false;
    const std::string key(public_key);
    const std::string copy(signature);
    bool valid = false;
    return verify_signature(m, allowed, key, copy, valid) && m.push_bool(valid);
}

// Finds the key of a signature among those left and takes it out.
bool take_key_of(Machine& m, std::uint8_t allowed, const std::string& signature,
                 std::vector<std::string>& keys, bool& found) {
    for (auto key = keys.begin(); key != keys.end(); ++key) {
        bool valid = false;
        if (!verify_signature(m, allowed, *key, signature, valid)) return false;
        if (!valid) continue;
        keys.erase(key);
        found = true;
        return true;
    }
    found = false;
    return true;
}

bool push_signature(Machine& m, std::string_view seed, std::string_view message,
                    std::uint8_t left_out) {
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key;
    std::string signature(signature_size, '\0');
    crypto_sign_seed_keypair(public_key.data(), secret.data(), octets(seed));
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         octets(message), message.size(), secret.data());
    sodium_memzero(secret.data(), secret.size());
    if (left_out != 0) signature += static_cast<char>(left_out);
    if (m.flags().allows(keep_signature_flag) && !m.keep("s", signature)) {
        return false;
    }
    return m.push(signature);
}

// Whether a field fits its template as plugins see it, or else is the same.
bool match_template(Machine& m, const std::string& expected, const Value& field, bool& fits) {
    const std::string* bytes = field.bytes();
    if (!bytes) return m.fail("TypeError", "Stack item must be bytes");
    if (bytes->size() > m.stack().max_item_size()) return m.fail("Stack item size too large");
    if (!m.charge_bytes(bytes->size())) return false;
    const auto& plugins = m.environment().check_template;
    if (plugins.empty() || !m.plugins_allowed()) {
        fits = *bytes == expected;
        return true;
    }
    Stack pair(2, m.stack().max_item_size());
    if (!pair.push(*bytes) || !pair.push(expected)) return m.fail("Stack item size too large");
    fits = false;
    for (const Plugin& plugin : plugins) {
        std::string_view nothing;
        OpContext context{nothing, pair, m.cache(), m.environment()};
        if (!m.charge_curve()) return false;
        const auto matched = plugin(context);
        if (!matched) return m.fail(matched.error());
        fits = fits || *matched;
    }
    return true;
}

}  // namespace

bool get_message(Machine& m) {
    std::uint8_t left_out;
    return m.run_signature_extensions() && m.read_byte(left_out) && push_message(m, left_out);
}

bool check_sig(Machine& m) {
    std::uint8_t allowed;
    return m.run_signature_extensions() && m.read_byte(allowed) && check_top_signature(m, allowed);
}

bool check_sig_verify(Machine& m) {
    return check_sig(m) && verify(m);
}

bool check_multisig(Machine& m) {
    std::uint8_t allowed;
    std::uint8_t needed;
    std::uint8_t key_count;
    if (!m.run_signature_extensions() || !m.read_byte(allowed) || !m.read_byte(needed) ||
        !m.read_byte(key_count)) {
        return false;
    }
    std::vector<std::string> keys;
    std::vector<std::string> signatures;
    if (!m.pop(key_count, keys) || !m.pop(needed, signatures)) return false;
    std::vector<std::string> confirmed;
    for (const std::string& signature : signatures) {
        bool found = false;
        if (!take_key_of(m, allowed, signature, keys, found)) return false;
        if (found && std::ranges::find(confirmed, signature) == confirmed.end()) {
            confirmed.push_back(signature);
        }
    }
    return m.push_bool(confirmed.size() == signatures.size());
}

bool check_multisig_verify(Machine& m) {
    return check_multisig(m) && verify(m);
}

bool sign(Machine& m) {
    std::uint8_t left_out;
    std::string_view item;
    if (!m.run_signature_extensions() || !m.read_byte(left_out) || !m.pop(item)) return false;
    if (item.size() != crypto_sign_SEEDBYTES) {
        return m.fail("ValueError", "invalid signing key; must be 32 bytes");
    }
    CurveBytes seed;
    std::copy_n(octets(item), curve_size, seed.data());
    std::string_view message;
    return message_for(m, left_out, message) && m.charge_curve(2) &&
           push_signature(m, seed.view(), message, left_out);
}

bool sign_stack(Machine& m) {
    std::string_view seed;
    std::string_view message;
    if (!m.pop(seed) || !m.pop(message)) return false;
    if (seed.size() != crypto_sign_SEEDBYTES) return m.fail("ValueError", "");
    return m.charge_hash(message.size()) && m.charge_curve(2) &&
           push_signature(m, seed, message, 0);
}

bool check_sig_stack(Machine& m) {
    std::string_view public_key;
    std::string_view message;
    std::string_view signature;
    if (!m.pop(public_key)) return false;
    if (public_key.size() != curve_size) return m.fail("ValueError", "invalid vkey");
    if (!m.pop(message) || !m.pop(signature)) return false;
    if (signature.size() != signature_size) return m.fail("ValueError", "invalid signature");
    if (!m.charge_hash(message.size()) || !m.charge_curve()) return false;
    return m.push_bool(signature_is_valid(signature, message, public_key));
}

bool check_template(Machine& m) {
    std::uint8_t checked;
    if (m.flags().allows(template_extensions_flag) && !m.run_signature_extensions()) return false;
    if (!m.read_byte(checked)) return false;
    bool all_fit = true;
    for (unsigned index = 0; index < 8; ++index) {
        if ((checked >> index & 1) == 0) continue;
        std::string_view item;
        if (!m.pop(item)) return false;
        const Value* field = m.named(field_name(index));
        if (!field) return m.fail("KeyError", "there is no such signature field");
        bool fits = false;
        if (!match_template(m, std::string(item), *field, fits)) return false;
        all_fit = all_fit && fits;
    }
    return m.push_bool(all_fit);
}

bool check_template_verify(Machine& m) {
    return check_template(m) && verify(m);
}

// The root is on top; below it either a signature for it as a key, or the key and the script that
// it was made from.
bool taproot(Machine& m) {
    std::uint8_t allowed;
    std::string_view item;
    if (!m.read_byte(allowed) || !m.pop(item)) return false;
    if (item.size() != curve_size) {
        return m.fail("OP_TAPROOT: supplied root was not 32 bytes");
    }
    const std::string root(item);
    if (!m.peek(item)) return false;
    if (item.size() != curve_size) {
        return m.push(root) && m.run_signature_extensions() && check_top_signature(m, allowed);
    }

    std::string_view script;
    if (!m.pop(item)) return false;
    const std::string key(item);
    if (!m.pop(script) || !m.charge_hash(script.size() + key.size())) return false;
    const std::string committed = key + std::string(view(hash_sha256(script)));
    CurveBytes scalar;
    CurveBytes point;
    CurveBytes sum;
    if (!clamp(m, view(hash_sha256(committed)), false, scalar) ||
        !point_of(m, scalar.view(), point) || !add_checked(m, point.view(), key, sum)) {
        return false;
    }
    if (sum.view() != root) return m.push_bool(false);
    return m.push(script) && eval(m);
}

}  // namespace netaio::tapescript::machine

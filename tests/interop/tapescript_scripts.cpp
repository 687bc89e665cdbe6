#include "tapescript_scripts.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace netaio::interop {
namespace {

using tapescript::Op;
using tapescript::Operands;

unsigned char* octets(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

const unsigned char* octets(const std::string& bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string code_of(Op op) {
    return std::string(1, static_cast<char>(op));
}

std::string key_pair(const std::string& seed, std::string& secret) {
    std::string key(crypto_sign_PUBLICKEYBYTES, '\0');
    secret.resize(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(octets(key), octets(secret), octets(seed));
    return key;
}

std::string sign(const std::string& secret, const std::string& message) {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(octets(signature), nullptr, octets(message), message.size(),
                         octets(secret));
    return signature;
}

constexpr std::size_t item_size_max = 1024;

// Keys that scripts write; never E, whose texts are each implementation's own.
constexpr std::array<std::string_view, 7> cache_keys{"a", "bc", "P", "x", "X", "s", "IR"};
constexpr std::array<std::string_view, 6> names{"sigfield1", "sigfield3", "timestamp",
                                                "returned",  "nothing",   "text"};

}  // namespace

ScriptMaker::ScriptMaker(std::uint64_t seed) : random_(seed) {
    cache_.named["sigfield1"] = std::string("one");
    cache_.named["sigfield2"] = std::string("and two");
    cache_.named["sigfield3"] = std::string("\xff\x01", 2);
    cache_.named["text"] = tapescript::Text{"gr\xc3\xbc\xc3\x9f"};
    cache_.named["timestamp"] = tapescript::Integer(now);
    for (int made = 0; made < 4; ++made) {
        seeds_.push_back(bytes(crypto_sign_SEEDBYTES));
        std::string secret;
        keys_.push_back(key_pair(seeds_.back(), secret));
        signatures_.push_back(sign(secret, "oneand two\xff\x01"));
        signatures_.push_back(sign(secret, "and two\xff\x01") + '\x01');
        signatures_.push_back(sign(secret, "one") + '\x06');
        signatures_.push_back(sign(secret, "message"));
    }
}

MadeScript ScriptMaker::make() {
    MadeScript made;
    made.cache = cache_;
    const unsigned items = below(6);
    for (unsigned at = 0; at < items; ++at) {
        made.stack.push_back(item().substr(0, item_size_max));
    }
    made.code = code(0, 1 + static_cast<int>(below(12)));
    if (one_in(40)) made.code.resize(below(static_cast<unsigned>(made.code.size() + 1)));
    return made;
}

std::string ScriptMaker::code(int depth, int operations) {
    std::string made;
    for (int at = 0; at < operations; ++at) {
        made += statement(depth);
    }
    return made;
}

std::string ScriptMaker::statement(int depth) {
    switch (below(10)) {
        case 0:
        case 1: return push(item());
        case 2: return plain(static_cast<Op>(below(tapescript::op_count)));
        case 3:
        case 4: return flow(depth);
        case 5: return one_in(2) ? signature_check() : cached();
        default: return with_items(static_cast<Op>(below(tapescript::op_count)));
    }
}

std::string ScriptMaker::block(int depth) {
    if (depth > 4) return {};
    return code(depth + 1, static_cast<int>(below(5)));
}

std::string ScriptMaker::flow(int depth) {
    const std::string condition =
        one_in(3) ? std::string() : code_of(one_in(3) ? Op::false_ : Op::true_);
    switch (below(10)) {
        case 0: return condition + code_of(Op::if_) + sized2(block(depth));
        case 1:
            return condition + code_of(Op::if_else) + sized2(block(depth)) + sized2(block(depth));
        case 2:
        case 3: return code_of(Op::try_except) + sized2(block(depth)) + sized2(block(depth));
        case 4: {
            // Now and then something that counts down, or that runs into the limit.
            if (one_in(20)) return condition + code_of(Op::loop) + sized2(block(depth));
            const std::string count = push(std::string(1, static_cast<char>(1 + below(4))));
            const std::string countdown =
                push("\x01") + code_of(Op::swap2) + code_of(Op::subtract_ints) + '\x02';
            return count + code_of(Op::loop) + sized2(block(depth) + countdown);
        }
        case 5: {
            const std::string inside = block(depth);
            return push(inside) + code_of(Op::eval);
        }
        case 6:
        case 7: return code_of(Op::def) + small() + sized2(block(depth));
        case 8: return code_of(Op::call) + small();
        default: return one_in(3) ? code_of(Op::return_) : code_of(Op::call) + small();
    }
}

std::string ScriptMaker::plain(Op op) {
    switch (tapescript::opcode_info(op).operands) {
        case Operands::none:
            // What is random, and what only programs can answer, differs of itself.
            return op == Op::random ? code_of(Op::depth) : code_of(op);
        case Operands::byte: return code_of(op) + (one_in(8) ? bytes(1) : std::string(1, small()));
        case Operands::two_bytes: return code_of(op) + small() + small();
        case Operands::three_bytes: return code_of(op) + bytes(1) + small() + small();
        case Operands::float32: return code_of(op) + decimal();
        case Operands::root: return code_of(op) + bytes(32);
        case Operands::sized: {
            if (op == Op::div_int || op == Op::mod_int) return code_of(op) + sized(number());
            if (op == Op::get_value) return code_of(op) + sized(any(names));
            if (op == Op::push1) return code_of(op) + sized(item());
            return code_of(op) + sized(any(cache_keys));
        }
        case Operands::sized2: return code_of(op) + sized2(item());
        case Operands::cache_slot: return code_of(op) + sized(any(cache_keys)) + small();
        default: return flow(3);
    }
}

// An operation after items of the kind it wants, as many as most operations take.
std::string ScriptMaker::with_items(Op op) {
    const auto several = [&](auto make, unsigned count) {
        std::string pushes;
        for (unsigned at = 0; at < count; ++at) {
            pushes += push(make());
        }
        return pushes;
    };
    const unsigned count = one_in(6) ? below(5) : 2;
    const auto code = static_cast<unsigned>(op);
    const auto between = [&](Op first, Op last) {
        return code >= static_cast<unsigned>(first) && code <= static_cast<unsigned>(last);
    };
    std::string items;
    if (between(Op::add_ints, Op::mod_ints) || op == Op::less || op == Op::less_or_equal ||
        op == Op::int_to_float) {
        items = several([&] { return number(); }, count);
    } else if (between(Op::add_floats, Op::mod_floats) || op == Op::float_less ||
               op == Op::float_less_or_equal || op == Op::float_to_int) {
        items = several([&] { return decimal(); }, count);
    } else if (op == Op::add_points || op == Op::subtract_points) {
        items = several([&] { return point(); }, count);
    } else if (op == Op::add_scalars || op == Op::subtract_scalars || op == Op::derive_point) {
        items = several([&] { return scalar(); }, count);
    } else if (op == Op::split || op == Op::split_str) {
        items = push(text()) + push(std::string(1, small()));
    } else if (op == Op::concat_str) {
        items = several([&] { return text(); }, 2);
    } else if (between(Op::make_adapter_sig_public, Op::decrypt_adapter_sig)) {
        const bool checked = op == Op::check_adapter_sig;
        items = several([&] { return one_in(2) ? point() : scalar(); }, checked ? 5 : 3);
    } else {
        items = several([&] { return item(); }, below(3));
    }
    return items + plain(op);
}

std::string ScriptMaker::signature_check() {
    const auto flags = one_in(3) ? '\0' : static_cast<char>(7);
    switch (below(6)) {
        case 0:
        case 1: return push(any(signatures_)) + push(any(keys_)) + code_of(Op::check_sig) + flags;
        case 2: {
            const unsigned wanted = below(3);
            std::string made;
            for (unsigned at = 0; at < wanted; ++at) {
                made += push(any(signatures_));
            }
            for (const std::string& key : keys_) {
                made += push(key);
            }
            return made + code_of(Op::check_multisig) + flags + static_cast<char>(wanted) + '\x04';
        }
        case 3:
            return push(any(signatures_)) + push("message") + push(any(keys_)) +
                   code_of(Op::check_sig_stack);
        case 4: return push(any(seeds_)) + code_of(Op::sign) + static_cast<char>(below(8));
        default: {
            // An adapter signature made and checked; sometimes of the wrong point.
            const std::string tweak = scalar();
            return push("message") + push(tweak) + push(any(seeds_)) +
                   code_of(Op::make_adapter_sig_private) + push("message") + code_of(Op::swap) +
                   std::string("\x00\x03", 2) + push(any(keys_)) + code_of(Op::check_adapter_sig);
        }
    }
}

std::string ScriptMaker::cached() {
    const std::string key = sized(any(cache_keys));
    switch (below(6)) {
        case 0: return push(item()) + code_of(Op::write_cache) + key + '\x01';
        case 1: return code_of(Op::write_cache) + key + small();
        case 2: return code_of(Op::read_cache) + key;
        case 3: return code_of(Op::read_cache_size) + key;
        case 4: return push(any(cache_keys)) + code_of(Op::read_cache_stack);
        default: return code_of(Op::get_value) + sized(any(names));
    }
}

std::string ScriptMaker::push(std::string_view bytes) {
    constexpr std::size_t size_max = 255;
    if (bytes.size() == 1) return code_of(Op::push0).append(bytes);
    if (bytes.size() <= size_max && !one_in(20)) return code_of(Op::push1) + sized(bytes);
    return code_of(Op::push2) + sized2(bytes);
}

std::string ScriptMaker::item() {
    switch (below(12)) {
        case 0: return number();
        case 1: return decimal();
        case 2: return text();
        case 3: return scalar();
        case 4: return point();
        case 5: return any(signatures_);
        case 6: return any(seeds_);
        case 7: return {};
        case 8: return std::string(1, one_in(2) ? '\xff' : '\0');
        case 9: return one_in(30) ? bytes(below(1100)) : bytes(below(40));
        default: return std::string(1, small());
    }
}

std::string ScriptMaker::number() {
    if (one_in(3)) return std::string(1, small());
    if (one_in(3)) {
        // Around powers of 256, where the count of bytes is decided.
        std::string made(1 + below(12), one_in(2) ? '\xff' : '\0');
        made.insert(made.begin(), one_in(2) ? '\0' : static_cast<char>(below(256)));
        made.back() = static_cast<char>(made.back() + static_cast<char>(below(3)) - 1);
        return made;
    }
    if (one_in(200)) return bytes(900 + below(124));
    return bytes(1 + below(one_in(6) ? 140 : 10));
}

std::string ScriptMaker::decimal() {
    static constexpr std::array<std::string_view, 8> special{
        std::string_view("\x00\x00\x00\x00", 4), std::string_view("\x80\x00\x00\x00", 4),
        std::string_view("\x7f\x80\x00\x00", 4), std::string_view("\xff\x80\x00\x00", 4),
        std::string_view("\x7f\xc0\x00\x01", 4), std::string_view("\x7f\x7f\xff\xff", 4),
        std::string_view("\x00\x00\x00\x01", 4), std::string_view("\x3f\x80\x00\x00", 4)};
    if (one_in(6)) return std::string(any(special));
    if (one_in(4)) return bytes(4);
    std::string made = bytes(4);
    made[0] = static_cast<char>(one_in(2) ? 0x40 : 0xc0);
    return made;
}

std::string ScriptMaker::text() {
    static constexpr std::array<std::string_view, 6> parts{
        "a", "text", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\xa0\x80"};
    std::string made;
    for (unsigned count = below(4); count > 0; --count) {
        made += one_in(15) ? parts.back() : parts[below(5)];
    }
    return made;
}

std::string ScriptMaker::scalar() {
    if (one_in(12)) return std::string(32, '\0');
    std::string made = bytes(one_in(20) ? 33 : 32);
    if (!one_in(4)) made[31] = static_cast<char>(made[31] & 0x0f);
    return made;
}

std::string ScriptMaker::point() {
    if (one_in(12)) return bytes(32);
    if (one_in(20)) return std::string(1, '\x01') + std::string(31, '\0');
    return any(keys_);
}

std::string ScriptMaker::bytes(std::size_t size) {
    std::string made(size, '\0');
    std::ranges::generate(made, [&] { return static_cast<char>(below(256)); });
    return made;
}

std::string ScriptMaker::sized(std::string_view bytes) {
    bytes = bytes.substr(0, 255);
    return static_cast<char>(bytes.size()) + std::string(bytes);
}

std::string ScriptMaker::sized2(std::string_view bytes) {
    return std::string{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size())} +
           std::string(bytes);
}

}  // namespace netaio::interop

#include <sodium.h>

#include <algorithm>

#include "hash.hpp"
#include "operations.hpp"
#include "run.hpp"
#include "utf8.hpp"

namespace netaio::tapescript::machine {
namespace {

// Combines two items bit by bit, the shorter one followed by zeros.
template <class Combine>
bool bitwise(Machine& m, Combine combine) {
    std::string_view first;
    std::string_view second;
    if (!m.pop(first) || !m.pop(second)) return false;
    std::string result(std::max(first.size(), second.size()), '\0');
    std::ranges::copy(first, result.begin());
    const char padding = 0;
    for (std::size_t at = 0; at < result.size(); ++at) {
        result[at] =
            static_cast<char>(combine(result[at], at < second.size() ? second[at] : padding));
    }
    return m.push(result);
}

bool join(Machine& m, std::string_view first, std::string_view second) {
    std::string joined;
    joined.reserve(first.size() + second.size());
    joined.append(first).append(second);
    return m.push(joined);
}

// The item is copied, since the first half takes its place.
bool push_halves(Machine& m, const std::string& item, std::size_t at) {
    const std::string_view bytes = item;
    return m.push(bytes.substr(0, at)) && m.push(bytes.substr(at));
}

bool pop_text(Machine& m, std::string_view& text, std::size_t& characters) {
    if (!m.pop(text)) return false;
    const auto count = count_characters(text);
    if (!count) return m.fail("UnicodeDecodeError", "the item is not UTF-8");
    characters = *count;
    return true;
}

bool check_index(Machine& m, std::string_view operation, const Integer& index, std::size_t size) {
    if (index < 0) return m.fail(std::string(operation) + " negative index is invalid");
    if (index < size) return true;
    return m.fail(std::string(operation) + " item len exceeded by index");
}

}  // namespace

bool sha256(Machine& m) {
    std::string_view item;
    if (!m.pop(item) || !m.charge_hash(item.size())) return false;
    return m.push(view(hash_sha256(item)));
}

bool shake256(Machine& m) {
    std::uint8_t size;
    std::string_view item;
    if (!m.read_byte(size) || !m.pop(item) || !m.charge_hash(item.size() + size)) return false;
    std::array<char, 255> hash;
    hash_shake256(item, std::span(hash).first(size));
    return m.push({hash.data(), size});
}

bool verify(Machine& m) {
    std::string_view item;
    return m.pop(item) && (truth_of(item) || m.fail("OP_VERIFY check failed"));
}

bool equal(Machine& m) {
    std::string_view first;
    std::string_view second;
    if (!m.pop(first) || !m.pop(second)) return false;
    return m.push_bool(first.size() == second.size() &&
                       sodium_memcmp(first.data(), second.data(), first.size()) == 0);
}

bool equal_verify(Machine& m) {
    return equal(m) && verify(m);
}

bool bitwise_not(Machine& m) {
    std::string_view item;
    if (!m.pop(item)) return false;
    std::string result(item);
    for (char& byte : result) {
        byte = static_cast<char>(~byte);
    }
    return m.push(result);
}

bool bitwise_xor(Machine& m) {
    return bitwise(m, [](char a, char b) { return a ^ b; });
}

bool bitwise_or(Machine& m) {
    return bitwise(m, [](char a, char b) { return a | b; });
}

bool bitwise_and(Machine& m) {
    return bitwise(m, [](char a, char b) { return a & b; });
}

bool concat(Machine& m) {
    std::string_view second;
    std::string_view first;
    return m.pop(second) && m.pop(first) && join(m, first, second);
}

bool split(Machine& m) {
    Integer index;
    std::string_view item;
    return m.pop_integer(index) && m.pop(item) && check_index(m, "OP_SPLIT", index, item.size()) &&
           push_halves(m, std::string(item), static_cast<std::size_t>(index));
}

bool concat_str(Machine& m) {
    std::string_view second;
    std::string_view first;
    std::size_t characters;
    return pop_text(m, second, characters) && pop_text(m, first, characters) &&
           join(m, first, second);
}

bool split_str(Machine& m) {
    Integer index;
    std::string_view item;
    std::size_t characters;
    return m.pop_integer(index) && pop_text(m, item, characters) &&
           check_index(m, "OP_SPLIT_STR", index, characters) &&
           push_halves(m, std::string(item),
                       start_of_character(item, static_cast<std::size_t>(index)));
}

}  // namespace netaio::tapescript::machine

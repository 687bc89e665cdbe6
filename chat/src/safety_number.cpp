#include <sodium.h>

#include <algorithm>
#include <netaio/chat/keys.hpp>
#include <string>
#include <string_view>

namespace netaio::chat {
namespace {

constexpr int number_rounds = 5200;
constexpr std::size_t groups_of_key = 6;
constexpr std::size_t digits_of_group = 5;
// Each group and the space after it.
constexpr std::size_t group_width = digits_of_group + 1;

// The groups of a key, with a space after each.
std::string groups_of(const PublicKey& key) {
    constexpr std::string_view version = "netaio-chat safety number 1";
    std::string digest(crypto_hash_sha512_BYTES, '\0');
    std::string hashed = std::string(version).append(key.bytes());
    for (int round = 0; round < number_rounds; ++round) {
        crypto_hash_sha512(reinterpret_cast<unsigned char*>(digest.data()),
                           ByteView(hashed).octets(), hashed.size());
        hashed.assign(digest).append(key.bytes());
    }
    std::string text;
    for (std::size_t group = 0; group < groups_of_key; ++group) {
        std::uint64_t number = 0;
        for (const char byte : std::string_view(digest).substr(group * 5, 5)) {
            number = number << 8 | static_cast<unsigned char>(byte);
        }
        const std::string digits = std::to_string(number % 100'000);
        text.append(digits_of_group - digits.size(), '0').append(digits).append(1, ' ');
    }
    return text;
}

}  // namespace

std::string safety_number(const PublicKey& one, const PublicKey& other) {
    const std::string first = groups_of(one);
    const std::string second = groups_of(other);
    std::string number = std::min(first, second) + std::max(first, second);
    number.pop_back();
    return number;
}

std::string short_number(const PublicKey& key) {
    return groups_of(key).substr(0, 2 * group_width - 1);
}

}  // namespace netaio::chat

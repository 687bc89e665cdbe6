// Whatever a stamp is made of, it passes exactly when it is one by the words of protocol.md, and
// once.

#include <fuzzer/FuzzedDataProvider.h>
#include <openssl/sha.h>

#include <netaio/hashcash_auth.hpp>
#include <set>
#include <vector>

#include "support.hpp"
#include "support/fixed_environment.hpp"

namespace {

using namespace netaio;
using fuzz::require;

constexpr std::int64_t now = 1'700'000'000;
constexpr unsigned bits_max = 6;

std::string sha(const std::string& bytes) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

unsigned zeros(const std::string& digest) {
    unsigned count = 0;
    while (count < 8 * digest.size() &&
           (static_cast<unsigned char>(digest[count / 8]) >> (7 - count % 8) & 1) == 0) {
        ++count;
    }
    return count;
}

std::string big_endian(std::uint64_t value, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        bytes[size - 1 - i] = static_cast<char>(value >> 8 * i);
    }
    return bytes;
}

bool is_paid(const std::string& stamp, const std::string& realm, const std::string& body,
             unsigned bits) {
    if (stamp.size() != 53 || stamp[0] != 1) return false;
    std::int64_t timestamp = 0;
    for (std::size_t i = 17; i < 21; ++i) {
        timestamp = timestamp * 256 + static_cast<unsigned char>(stamp[i]);
    }
    return stamp.substr(1, 16) == sha(realm).substr(0, 16) && zeros(sha(stamp)) >= bits &&
           now - timestamp <= 120 && timestamp - now <= 10 &&
           stamp.substr(29, 16) == sha(body).substr(0, 16);
}

// One that is right but for what the fuzzer changes before it is paid for.
std::string nearly_right(FuzzedDataProvider& input, const std::string& realm,
                         const std::string& body) {
    const std::int64_t timestamp = now + input.ConsumeIntegralInRange<int>(-130, 20);
    std::string head =
        "\1" + sha(realm).substr(0, 16) + big_endian(static_cast<std::uint64_t>(timestamp), 4) +
        big_endian(input.ConsumeIntegral<std::uint64_t>(), 8) + sha(body).substr(0, 16);
    const auto at = input.ConsumeIntegralInRange<std::size_t>(0, 4 * head.size());
    if (at < head.size()) head[at] = static_cast<char>(head[at] ^ 1 << at % 8);
    const auto price = input.ConsumeIntegralInRange<unsigned>(0, bits_max);
    for (std::uint64_t counter = input.ConsumeIntegral<std::uint64_t>();; ++counter) {
        std::string stamp = head + big_endian(counter, 8);
        if (zeros(sha(stamp)) >= price) return stamp;
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const Environment environment = test::fixed_environment();
    const auto bits = input.ConsumeIntegralInRange<unsigned>(1, bits_max);
    const std::string realm = "r" + input.ConsumeRandomLengthString(40);
    const HashcashAuth plugin({.realm = realm,
                               .bits = bits,
                               .seen = std::make_shared<SeenMessages>(
                                   SeenOptions{.ran_before = false, .environment = environment})});
    std::set<std::string> accepted;
    std::vector<std::string> stamps;
    for (int i = 0; i < 8 && input.remaining_bytes() > 0; ++i) {
        const std::string body = input.ConsumeRandomLengthString(20);
        switch (input.ConsumeIntegralInRange(0, 3)) {
            case 0: stamps.push_back(input.ConsumeRandomLengthString(60)); break;
            case 1:
                if (!stamps.empty()) stamps.push_back(stamps.front());
                break;
            default: stamps.push_back(nearly_right(input, realm, body));
        }
        if (stamps.empty()) continue;
        const std::string& stamp = stamps.back();
        AuthFields fields;
        fields.set("hc", stamp);
        Verdict verdict;
        const bool passes =
            plugin.check(fields, body, {.environment = environment, .verdict = &verdict});
        const bool paid = is_paid(stamp, realm, body, bits);
        require(passes == (paid && !accepted.contains(stamp)));
        require(passes || verdict.why == Errc::unpaid || verdict.why == Errc::stale ||
                verdict.why == Errc::replayed);
        if (passes) accepted.insert(stamp);
    }

    // What receivers say of prices.
    const HashcashAuth payer({.realm = realm, .pay = 4});
    const Address remote = Address::parse("10.0.0.1", 1).value();
    const std::string said = input.ConsumeBool() ? "hashcash " + input.ConsumeRandomLengthString(5)
                                                 : input.ConsumeRandomLengthString(30);
    if (payer.retry(said, {.environment = environment, .remote = &remote})) {
        const std::string digits = said.substr(9);
        require(said.starts_with("hashcash ") &&
                digits.find_first_not_of("0123456789") == std::string::npos &&
                std::stoul(digits) > 4 && std::stoul(digits) <= 24);
    }
    return 0;
}

#include "recent_keys.hpp"

#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

// Those with the numbers from `first` to before `next` are there.
struct Remembered {
    std::uint64_t first = 0;
    std::uint64_t next = 0;
};

std::string in_octets(std::uint64_t number) {
    SecretWriter writer;
    writer.add_number(number);
    return writer.bytes().str();
}

}  // namespace

RecentKeys::RecentKeys(Vault& vault, std::string_view kind, const PublicKey& of)
    : vault_(vault), kind_(std::string("memory.").append(kind)), of_(of.bytes()) {}

// Of one person: a key's value (k), the key that came as that number (n), the numbers (r).
std::string RecentKeys::named(char what, ByteView name) const {
    return (of_ + what).append(name);
}

std::optional<std::string> RecentKeys::find(ByteView key) const {
    return vault_.get(kind_, named('k', key));
}

void RecentKeys::put(ByteView key, ByteView value) {
    const bool is_known = find(key).has_value();
    vault_.put(kind_, named('k', key), value);
    if (is_known) {
        return;
    }
    Remembered there;
    if (const auto saved = vault_.get(kind_, named('r', {}))) {
        SecretReader reader(*saved);
        there.first = reader.take_number<std::uint64_t>();
        there.next = reader.take_number<std::uint64_t>();
    }
    vault_.put(kind_, named('n', in_octets(there.next++)), key);
    if (there.next - there.first > max) {
        const std::string oldest = named('n', in_octets(there.first++));
        if (const auto gone = vault_.get(kind_, oldest)) {
            vault_.erase(kind_, named('k', *gone));
        }
        vault_.erase(kind_, oldest);
    }
    vault_.put(kind_, named('r', {}), in_octets(there.first) + in_octets(there.next));
}

}  // namespace netaio::chat

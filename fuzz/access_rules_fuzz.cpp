// What the index of rules finds must be what a plain scan finds; and whatever text is read as rules
// must give rules, or say where it is wrong.

#include <core/rule_reader.hpp>
#include <cstdint>
#include <support/plain_rules.hpp>

#include "support.hpp"

namespace {

using namespace netaio;
using fuzz::require;

class Bytes {
public:
    Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

    std::uint8_t next() { return at_ == end_ ? std::uint8_t{0} : *at_++; }
    bool empty() const { return at_ == end_; }
    // Of few letters, so that they match now and then.
    std::string text(std::string_view letters, std::size_t size_max) {
        std::string made;
        for (std::size_t size = next() % (size_max + 1); size > 0; --size) {
            made += letters[next() % letters.size()];
        }
        return made;
    }

private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

std::string pattern(Bytes& bytes) {
    switch (bytes.next() % 8) {
        case 0: return "*";
        case 1: return "somebody";
        case 2: return "nobody";
        default: return bytes.text("ab:*?", 4) + "a";
    }
}

std::vector<MessageType> types(Bytes& bytes) {
    switch (bytes.next() % 5) {
        case 0: return reading();
        case 1: return writing();
        case 2: return introducing();
        case 3: return {static_cast<MessageType>(bytes.next())};
        default: return {};
    }
}

AccessRule rule(Bytes& bytes) {
    AccessRule made{.access = bytes.next() % 2 ? Access::allow : Access::deny};
    for (int count = 1 + bytes.next() % 2; count > 0; --count) made.who.push_back(pattern(bytes));
    made.types = types(bytes);
    for (int count = bytes.next() % 3; count > 0; --count)
        made.uris.push_back(bytes.text("ab/", 5));
    for (int count = bytes.next() % 3; count > 0; --count)
        made.prefixes.push_back(bytes.text("ab/", 5));
    return made;
}

Identities who(Bytes& bytes) {
    std::vector<Identity> all;
    for (int count = bytes.next() % 3; count > 0; --count) {
        all.push_back({bytes.text("ab", 2), bytes.text("ab:", 3)});
    }
    return Identities(std::move(all));
}

void compare_with_scan(Bytes bytes) {
    std::vector<AccessRule> rules;
    for (int count = bytes.next() % 24; count > 0; --count) rules.push_back(rule(bytes));
    core::Replaceable<core::Rules> source;
    source = std::make_shared<const AccessRules>(rules);
    core::RuleReader reader(source);
    for (int asked = 0; asked < 32 && !bytes.empty(); ++asked) {
        const Identities them = who(bytes);
        const auto type = static_cast<MessageType>(bytes.next() % 40);
        const std::string uri = bytes.text("ab/", 6);
        const auto plain = test::plainly_first(rules, them, type, uri);
        require(reader.decide(them, type, uri).number == plain);
        const auto decision = source.get()->decide(them, type, uri);
        require(decision.number == plain);
        require(plain == 0 || decision.access == rules[plain - 1].access);
    }
}

void read_file(std::string_view text) {
    try {
        const auto rules = AccessRules::parse(text);
        for (const AccessRule& one : rules->rules()) require(one.line > 0 && !one.who.empty());
        rules->decide(Identity{"hmac", "a"}, request_uri, "a");
    } catch (const AccessRulesError& error) {
        require(error.line() > 0 && error.column() > 0);
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    if (data[0] % 2 == 0) {
        compare_with_scan({data + 1, size - 1});
    } else {
        read_file({reinterpret_cast<const char*>(data + 1), size - 1});
    }
    return 0;
}

#pragma once

#include <algorithm>
#include <netaio/access_rules.hpp>
#include <string_view>

/// What rules say, by looking at one after the other.
namespace netaio::test {

inline bool plainly_like(std::string_view glob, std::string_view text) {
    // matches[i]: whether the glob so far is like the first i bytes.
    std::vector<bool> matches(text.size() + 1);
    matches[0] = true;
    for (const char c : glob) {
        if (c == '*') {
            for (std::size_t i = 1; i <= text.size(); ++i) {
                matches[i] = matches[i] || matches[i - 1];
            }
            continue;
        }
        for (std::size_t i = text.size(); i > 0; --i) {
            matches[i] = matches[i - 1] && (c == '?' || c == text[i - 1]);
        }
        matches[0] = false;
    }
    return matches[text.size()];
}

inline bool plainly_is(std::string_view pattern, const Identities& who) {
    if (pattern == "*" || pattern == "everybody") return true;
    if (pattern == "somebody") return !who.empty();
    if (pattern == "nobody") return who.empty();
    const bool has_kind = pattern.find(':') != pattern.npos;
    return std::any_of(who.begin(), who.end(), [&](const Identity& one) {
        return has_kind ? plainly_like(pattern, one.str())
                        : one.kind == "hmac" && plainly_like(pattern, one.name);
    });
}

/// The number of the first rule that matches, from 1; 0 for none. Knows no groups.
inline std::size_t plainly_first(const std::vector<AccessRule>& rules, const Identities& who,
                                 MessageType type, std::string_view uri) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const AccessRule& rule = rules[i];
        const bool is_who = std::any_of(rule.who.begin(), rule.who.end(),
                                        [&](const auto& text) { return plainly_is(text, who); });
        const bool is_type = rule.types.empty()
                                 ? AccessRules::covers(type)
                                 : std::ranges::find(rule.types, type) != rule.types.end();
        const bool is_uri =
            (rule.uris.empty() && rule.prefixes.empty()) ||
            std::ranges::find(rule.uris, uri) != rule.uris.end() ||
            std::any_of(rule.prefixes.begin(), rule.prefixes.end(),
                        [&](const auto& prefix) { return uri.starts_with(prefix); });
        if (is_who && is_type && is_uri) return i + 1;
    }
    return 0;
}

}  // namespace netaio::test

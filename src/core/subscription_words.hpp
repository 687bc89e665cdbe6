#pragma once

#include <netaio/bytes.hpp>
#include <optional>
#include <string>

/// What SUBSCRIBE_URI asks for beside notifications of one uri, and what CONFIRM_SUBSCRIBE grants
/// of it (protocol.md §11).
namespace netaio::core {

/// The content of a request.
struct SubscriptionWords {
    bool prefix = false;   ///< of all uris that begin so
    bool present = false;  ///< with the present values

    bool any() const noexcept { return prefix || present; }
    std::string str() const;
    /// Words that are not known mean nothing.
    static SubscriptionWords parse(ByteView content);
};

/// The content of a confirmation.
struct SubscriptionGrant {
    SubscriptionWords words = {};
    std::size_t count = 0;                            ///< of the present values that follow
    std::optional<std::string> value = std::nullopt;  ///< the present one of the uri

    bool grants(const SubscriptionWords& wanted) const noexcept {
        return words.prefix == wanted.prefix && words.present == wanted.present;
    }
    std::string str() const;
    /// Grants nothing where the first line is none of those.
    static SubscriptionGrant parse(ByteView content);
};

}  // namespace netaio::core

#pragma once

#include <cstdlib>
#include <netaio/netaio.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace netaio::test {

/// What a program was told in its environment; empty when nothing.
inline std::string told(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? value : "";
}

inline Dialect dialect_named(std::string_view name) {
    if (name != "0.0.9" && name != "0.0.8") {
        throw std::invalid_argument("no such dialect: " + std::string(name));
    }
    return name == "0.0.8" ? Dialect::v0_0_8 : Dialect::v0_0_9;
}

/// The plugins whose secrets are in INTEROP_HMAC and INTEROP_CIPHER; each message is taken once
/// where INTEROP_FRESH is set.
inline Plugins node_layer(Dialect dialect) {
    Plugins plugins;
    if (const std::string text = told("INTEROP_HMAC"); !text.empty()) {
        HmacOptions options{.secret = text, .dialect = dialect};
        if (!told("INTEROP_FRESH").empty()) {
            options.max_age = std::chrono::minutes(2);
            options.seen = std::make_shared<SeenMessages>(SeenOptions{.ran_before = false});
        }
        plugins.auth = hmac_auth(options);
    }
    if (const std::string text = told("INTEROP_CIPHER"); !text.empty()) {
        plugins.cipher = stream_cipher({.key = text, .dialect = dialect});
    }
    return plugins;
}

/// Those in INTEROP_INNER_HMAC and INTEROP_INNER_CIPHER; they have fields of their own and leave
/// the uri readable.
inline Plugins inner_layer(Dialect dialect) {
    Plugins plugins;
    if (const std::string text = told("INTEROP_INNER_HMAC"); !text.empty()) {
        plugins.auth = hmac_auth({.secret = text, .hmac_field = "camh", .dialect = dialect});
    }
    if (const std::string text = told("INTEROP_INNER_CIPHER"); !text.empty()) {
        plugins.cipher = stream_cipher(
            {.key = text, .iv_field = "iv2", .encrypt_uri = false, .dialect = dialect});
    }
    return plugins;
}

}  // namespace netaio::test

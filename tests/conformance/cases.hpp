#pragma once

#include <netaio/hmac_auth.hpp>
#include <netaio/stream_cipher.hpp>
#include <netaio/x25519_cipher.hpp>

#include "support/fixed_environment.hpp"
#include "vectors.hpp"

/// The notations of the cases that have messages, plugins and an outside world.
namespace netaio::vectors {

/// The `version` of a case; v0.0.9 without one.
Dialect dialect_of(const Json& one);

/// The `env` of a case: its clock, and exactly the random bytes and splits it names.
struct CaseEnvironment {
    explicit CaseEnvironment(const Json& one);

    std::shared_ptr<test::ScriptedRandom> random;
    Environment environment;
};

HmacOptions hmac_options(const Json& config, Dialect dialect);
StreamCipherOptions stream_options(const Json& config, Dialect dialect);
X25519Options x25519_options(const Json& config);

/// A `{"plugin", "config"}`; null for null.
std::shared_ptr<const AuthPlugin> auth_plugin(const Json& plugin, Dialect dialect);
std::shared_ptr<const CipherPlugin> cipher_plugin(const Json& plugin, Dialect dialect);

/// A tagged dict as the fields it would be received as.
AuthFields fields_of(const Json& tagged);
/// What fields would be sent as.
Value value_of(const AuthFields& fields);

/// A `{"type", "uri", "content", "auth"}`.
OwnedMessage message_of(const Json& message);
/// An encoded message, whatever its checksum.
OwnedMessage decode(ByteView encoded);
std::string encode(const Message& message);
/// Compares with a `{"type", "uri", "content", "auth"}`. On a difference the current test fails.
void expect_message(const Json& expected, const Message& actual);

/// What ours does where a case is listed as a divergence, else nothing.
std::string_view divergence(std::string_view file, const Json& one);

}  // namespace netaio::vectors

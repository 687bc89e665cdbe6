#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <netaio/stream_cipher.hpp>
#include <netaio/x25519_cipher.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scripts.hpp"

namespace netaio::app {

/// The options for keys and dialect, as given.
struct ProtectionOptions {
    std::vector<std::string> hmac;
    std::vector<std::string> cipher;
    std::vector<std::string> inner_hmac;
    std::vector<std::string> inner_cipher;
    std::string x25519_key;
    ScriptOptions scripts;
    std::string dialect = "0.0.9";
};

/// Whether messages must show that they come from somebody with a secret.
bool authenticates(const ProtectionOptions& options) noexcept;

void add_protection_options(CLI::App& command, ProtectionOptions& options);

/// Both layers of protection (protocol.md §3), ready to use.
struct Protection {
    Plugins outer;
    Plugins inner;
    Dialect dialect = Dialect::v0_0_9;
    /// What peers must be told about this node to talk to it; nothing without need for peers.
    std::optional<Peer> local_peer = std::nullopt;
    /// Uri and content together may be this long at most, in bytes, with these plugins.
    std::size_t payload_max = Body::payload_max;
};

/// Reads the secrets and makes the plugins. Warns on stderr about literal secrets, and about
/// ciphers and peers' keys that no auth plugin guards.
Protection make_protection(const ProtectionOptions& options);

/// Reads the files again and has the plugins used that are made of them, or nothing if one cannot
/// be read; an --x25519-key stays. Returns what is to be said of that.
std::string remake_protection(const ProtectionOptions& options, const Protection& now,
                              const std::function<void(const Protection&)>& use);

}  // namespace netaio::app

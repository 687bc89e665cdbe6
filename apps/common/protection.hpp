#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <netaio/stream_cipher.hpp>
#include <netaio/x25519_cipher.hpp>
#include <optional>
#include <string>
#include <vector>

#include "freshness.hpp"
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
    unsigned hashcash = 0;
    std::string hashcash_realm = "netaio";
    FreshnessOptions freshness;
    std::string dialect = "0.0.9";
    Called called = called_on_command_line;
};

/// Which messages a command pays for and wants to be paid (--hashcash).
enum class Stamps { pays, demands, both };

/// What a command has for its plugins.
struct ProtectionTerms {
    Stamps stamps = Stamps::pays;
    /// What came before; by default in a table for a command that begins anew.
    std::shared_ptr<SeenMessages> seen = nullptr;
};

/// Whether messages must show that they come from somebody with a secret.
bool authenticates(const ProtectionOptions& options) noexcept;

/// The table of messages for a command that stays, whose mark is beside its store unless that is
/// shared or not in a file (empty); null where nothing asks for it. Throws Failure where the mark
/// cannot be read.
std::shared_ptr<SeenMessages> make_lasting_seen(const ProtectionOptions& options,
                                                const std::string& store, const Log& log);

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

/// What answers a message that is refused: a v0.0.8 peer closes on NOT_PERMITTED, which it does not
/// know.
MessageType refusal(const Protection& protection) noexcept;

/// Reads the secrets and makes the plugins. Warns on stderr about literal secrets, and about
/// ciphers and peers' keys that no auth plugin guards.
Protection make_protection(const ProtectionOptions& options, const ProtectionTerms& terms = {});

/// Whether there are secrets, keys or locks that can be read again.
bool reads_secrets(const ProtectionOptions& options) noexcept;

/// Reads the files again and has the plugins used that are made of them, or, where one cannot be
/// read, none of them; an --x25519-key stays. Says what came of it.
void remake_protection(const ProtectionOptions& options, const ProtectionTerms& terms,
                       const Protection& now, const std::function<void(const Protection&)>& use);

}  // namespace netaio::app

#pragma once

#include <cstdint>
#include <netaio/chat/files.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/keep_connected.hpp>
#include <netaio/session.hpp>
#include <optional>
#include <string>
#include <vector>

namespace netaio::chat_app {

/// How somebody chats.
struct ChatOptions {
    std::string name;
    /// Where all is kept that was said.
    std::string file;
    bool plain = false;
    /// Whether people are told that what they said was shown; as it was before where it is not
    /// said.
    std::optional<bool> read_receipts = {};
    /// Which files of others are taken, and where they are kept.
    chat::FileOptions files = {};

    /// Whether people of the network are met directly.
    bool lan = true;
    std::vector<std::string> interfaces = {};
    std::uint16_t port = 8888;
    /// The socket of a netaiod, through which they are met rather than by a port of one's own.
    std::optional<std::string> daemon = {};
    /// Where messages are kept for who is away.
    std::optional<ServerName> relay = {};
    /// The key it must have; without, the one that is kept in a file from the first time on.
    std::optional<SessionKey> relay_key = {};
    std::string known_relays = {};
    std::string log_level = "warning";
};

/// Chats until the person ends it, or a signal does. Gives the exit code; throws Error, or
/// app::Failure, with a sentence.
int run_chat(const chat::Identity& identity, const ChatOptions& options);

}  // namespace netaio::chat_app

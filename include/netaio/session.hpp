#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <netaio/address.hpp>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <netaio/secret.hpp>
#include <optional>
#include <string>
#include <vector>

namespace netaio {

/// The key by which one end of a session is known: an X25519 public key.
using SessionKey = std::array<unsigned char, 32>;

/// The key that a seed of `netaio keygen` leads to. Throws std::invalid_argument unless the seed is
/// 32 bytes long.
SessionKey session_key(const Secret& seed);
/// A key of 64 hex digits; nothing for any other text.
std::optional<SessionKey> parse_session_key(std::string_view hex);
/// As parse_session_key() reads it.
std::string to_string(const SessionKey& key);

/// Whether connections, and UDP nodes with each other, have sessions (protocol.md §15, §16): Noise
/// handshakes, and everything sealed from then on, with keys that are forgotten.
enum class SessionPolicy : std::uint8_t {
    off,
    /// With whoever knows of them; without, with others. Somebody in the middle can make two nodes
    /// believe that the other does not, unless its key is known.
    offer,
    /// Nobody is spoken to without.
    require,
};

/// Somebody with whom a session is about to begin, and who proved to have the key.
struct SessionPeer {
    Address address;
    SessionKey key;
    /// Whether it says that it will have the same key next time.
    bool lasting;
};

/// Where the keys of servers, and of UDP nodes, are kept by their addresses, so that another one is
/// noticed.
/// Thread-safe.
class KnownPeers {
public:
    virtual ~KnownPeers() = default;
    /// That of a server, if it is known.
    virtual Result<std::optional<SessionKey>> find(std::string_view server) = 0;
    /// Keeps one that is not known yet; Errc::peer_changed where another is by now.
    virtual std::error_code add(std::string_view server, const SessionKey& key) = 0;
};

/// A file with a line for each server, `ADDRESS KEY`, as known_hosts is for ssh; `#` begins a
/// comment. Read anew whenever it is asked, made by the first add() with mode 0600. What cannot be
/// read, in the file or of it, is an error that has no session begin.
std::shared_ptr<KnownPeers> known_peers_file(std::string path);

/// Sessions, as a server, a client or a UDP node has them. Where NETAIO_KEYLOG in the environment
/// names a file, the keys of all go there, so that whoever has it can read them, as Wireshark does;
/// the log says so.
struct SessionOptions {
    SessionPolicy policy = SessionPolicy::off;
    /// The own key: 32 random bytes, e.g. of `netaio keygen`. One of this process otherwise, which
    /// nobody can know.
    Secret seed = {};
    /// Who may be at the other end, by their keys; anybody where there are none.
    std::vector<SessionKey> peer_keys = {};
    /// Of clients and UDP nodes, where the lasting keys of servers and other nodes are kept. One
    /// whose key is known is not spoken to without a session; a key that is another is refused.
    std::shared_ptr<KnownPeers> known = nullptr;
    /// Asked of each one at last; anybody is admitted without. Must not throw.
    std::function<bool(const SessionPeer&)> admits = {};
    /// How long a client waits for the answer to a handshake before it takes silence for a no.
    std::chrono::milliseconds patience = std::chrono::seconds(1);
};

}  // namespace netaio

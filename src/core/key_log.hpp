#pragma once

#include <netaio/environment.hpp>

#include "noise.hpp"

namespace netaio::core {

/// By what the ends of a session over datagrams know it.
struct SessionIndexes {
    std::uint32_t initiator;
    std::uint32_t responder;
};

/// A file of the keys of all sessions that begin, by which Wireshark reads what is recorded of
/// them (tools/wireshark). Thread-safe.
class KeyLog {
public:
    /// That of this process: the file that NETAIO_KEYLOG names when it is first asked for.
    static const KeyLog& of_process();

    /// Nothing is kept without a name. The file is made with mode 0600, and added to.
    explicit KeyLog(const char* file);
    ~KeyLog();
    KeyLog(const KeyLog&) = delete;
    KeyLog& operator=(const KeyLog&) = delete;

    bool is_kept() const noexcept { return file_ >= 0; }
    /// Says that it is kept, or cannot be, to whoever is about to have sessions.
    void announce(const Log& log) const;
    /// Adds a line for a handshake that has finished.
    void add(const noise::Disclosed& keys,
             const std::optional<SessionIndexes>& indexes = std::nullopt) const;

private:
    std::string name_;
    int file_ = -1;
    std::error_code error_;
};

/// Adds what came of a handshake to the key log of this process, if it keeps one.
inline void log_keys(const noise::Handshake& handshake,
                     const std::optional<SessionIndexes>& indexes = std::nullopt) {
    if (const KeyLog& log = KeyLog::of_process(); log.is_kept()) [[unlikely]] {
        log.add(handshake.disclose(), indexes);
    }
}

}  // namespace netaio::core

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <netaio/identity.hpp>
#include <netaio/message_type.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "app_traffic.hpp"

namespace netaio::daemon {

/// A message that goes through the daemon. Views, for as long as the call that is given it.
struct Seen {
    Identities who = {};        ///< of its sender
    std::string_view app = {};  ///< the name of the app it is from or for; empty for nobody's
    Direction direction = Direction::in;
    std::string_view type = {};  ///< its name, or its number
    ByteView uri = {};
    std::size_t size = 0;           ///< bytes of its content
    std::string_view far_end = {};  ///< where it is from or goes to, e.g. `tcp:10.0.0.2:8888`
};

/// One JSON object without line end: "who": ["kind:name"], "app", "direction": "in" or "out",
/// "type", "uri" ("uri_base64" when it is not UTF-8), "size", "far_end".
std::string seen_json(const Seen& seen);

/// A watcher's handle: the number of its connection.
using WatcherId = std::uint64_t;

/// Those who watch what is said about uris of a prefix. Each has a queue of lines with bounds, and
/// is told how many it missed. Not thread-safe.
class Watchers {
public:
    /// Bounds of each queue.
    struct Bounds {
        std::size_t lines = 1024;
        std::size_t bytes = 256 << 10;
    };
    /// Is called when there is something to take for a watcher that had nothing; must not change
    /// the watchers.
    using Wake = std::function<void(WatcherId)>;

    explicit Watchers(Wake wake) : Watchers(std::move(wake), Bounds{}) {}
    Watchers(Wake wake, Bounds bounds) : wake_(std::move(wake)), bounds_(bounds) {}
    Watchers(const Watchers&) = delete;
    Watchers& operator=(const Watchers&) = delete;

    /// What it watches from now on; what waited of before is forgotten.
    void set(WatcherId watcher, std::string prefix);
    void remove(WatcherId watcher);
    std::size_t size() const noexcept { return watchers_.size(); }

    /// Tells those whom it concerns. Costs a compare while nobody watches.
    void tell(const Seen& seen) {
        if (!watchers_.empty()) tell_some(seen);
    }

    /// The next line for a watcher, JSON as seen_json() makes, or {"missed": N} in the place of
    /// lines that found no room; nothing when all were taken, or the watcher is gone.
    std::optional<std::string> take(WatcherId watcher);

private:
    struct Watcher {
        std::string prefix = {};
        std::deque<std::string> lines = {};
        std::size_t bytes = 0;
        std::uint64_t missed = 0;  // after the lines
    };

    [[gnu::cold, gnu::noinline]] void tell_some(const Seen& seen);

    Wake wake_;
    Bounds bounds_;
    std::map<WatcherId, Watcher> watchers_;
};

}  // namespace netaio::daemon

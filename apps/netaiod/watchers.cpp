#include "watchers.hpp"

#include <utility>

#include "json.hpp"
#include "output.hpp"

namespace netaio::daemon {

std::string seen_json(const Seen& seen) {
    app::Json object;
    object["who"] = app::Json::array();
    for (const Identity& identity : seen.who) object["who"].push_back(identity.str());
    app::put_bytes(object, "app", "app_base64", seen.app);
    object["direction"] = seen.direction == Direction::in ? "in" : "out";
    object["type"] = seen.type;
    app::put_bytes(object, "uri", "uri_base64", seen.uri);
    object["size"] = seen.size;
    object["far_end"] = seen.far_end;
    return app::json_text(object);
}

void Watchers::set(WatcherId watcher, std::string prefix) {
    watchers_[watcher] = {.prefix = std::move(prefix)};
}

void Watchers::remove(WatcherId watcher) {
    watchers_.erase(watcher);
}

void Watchers::tell_some(const Seen& seen) {
    std::string line;
    for (auto& [id, watcher] : watchers_) {
        if (!seen.uri.starts_with(watcher.prefix)) continue;
        // Once something is missed, all is until that was told, so that the order is kept.
        if (watcher.missed > 0 || watcher.lines.size() >= bounds_.lines) {
            ++watcher.missed;
            continue;
        }
        if (line.empty()) line = seen_json(seen);
        if (line.size() > bounds_.bytes - watcher.bytes) {
            ++watcher.missed;
        } else {
            watcher.lines.push_back(line);
            watcher.bytes += line.size();
        }
        if (watcher.lines.size() + watcher.missed == 1) wake_(id);
    }
}

std::optional<std::string> Watchers::take(WatcherId id) {
    const auto found = watchers_.find(id);
    if (found == watchers_.end()) return std::nullopt;
    Watcher& watcher = found->second;
    if (!watcher.lines.empty()) {
        std::string line = std::move(watcher.lines.front());
        watcher.lines.pop_front();
        watcher.bytes -= line.size();
        return line;
    }
    if (watcher.missed == 0) return std::nullopt;
    return app::json_text({{"missed", std::exchange(watcher.missed, 0)}});
}

}  // namespace netaio::daemon

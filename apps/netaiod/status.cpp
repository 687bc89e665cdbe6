#include "status.hpp"

#include "json.hpp"
#include "output.hpp"
#include "type_name.hpp"

namespace netaio::daemon {
namespace {

using app::Json;
using app::put_bytes;

void put_amounts(Json& object, const Amounts& amounts) {
    object["messages_in"] = amounts.messages_in;
    object["bytes_in"] = amounts.bytes_in;
    object["messages_out"] = amounts.messages_out;
    object["bytes_out"] = amounts.bytes_out;
}

Json amounts_json(const Amounts& amounts) {
    Json object;
    put_amounts(object, amounts);
    return object;
}

Json drops_json(const Traffic& traffic) {
    Json object;
    for (std::size_t i = 0; i < drop_causes; ++i) {
        const auto cause = static_cast<Drop>(i);
        object[drop_name(cause)] = traffic.dropped(cause);
    }
    return object;
}

Json key_json(const ServedKey& key) {
    Json object;
    object["type"] = app::type_name(key.type);
    if (key.is_prefix) {
        put_bytes(object, "prefix", "prefix_base64", key.uri);
    } else {
        put_bytes(object, "uri", "uri_base64", key.uri);
    }
    return object;
}

Json prefix_json(const std::pair<const std::string, Amounts>& counted) {
    Json object;
    put_bytes(object, "prefix", "prefix_base64", counted.first);
    put_amounts(object, counted.second);
    return object;
}

// A list of so many items at most, and how many more there are.
template <class Items, class ToJson>
void put_list(Json& object, const std::string& name, const Items& items, std::size_t items_max,
              ToJson to_json) {
    Json list = Json::array();
    for (const auto& item : items) {
        if (list.size() == items_max) break;
        list.push_back(to_json(item));
    }
    const std::size_t left_out = items.size() - list.size();
    object[name] = std::move(list);
    if (left_out > 0) object[name + "_left_out"] = left_out;
}

Json app_json(const AppStatus& status, std::size_t items_max) {
    static const Traffic none;
    const Traffic& traffic = status.traffic ? *status.traffic : none;
    Json object;
    put_bytes(object, "name", "name_base64", status.app.name);
    object["uid"] = status.app.uid;
    object["pid"] = status.app.pid;
    put_list(object, "keys", status.keys, items_max, key_json);
    object["peers"] = status.peers;
    object["queued_bytes"] = status.queued_bytes;
    object["paused"] = status.paused;
    object["traffic"] = amounts_json(traffic.total());
    put_list(object, "by_prefix", traffic.by_prefix(), items_max, prefix_json);
    object["drops"] = drops_json(traffic);
    return object;
}

Json peer_object(const Peer& peer) {
    Json object;
    put_bytes(object, "id", "id_base64", peer.id);
    object["addresses"] = Json::array();
    for (const Address& address : peer.addresses) object["addresses"].push_back(address.str());
    return object;
}

Json totals_json(const DaemonStatus& status) {
    Traffic all;
    all.add(status.others);
    std::size_t keys = 0;
    std::size_t queued = 0;
    for (const AppStatus& app : status.apps) {
        keys += app.keys.size();
        queued += app.queued_bytes;
        if (app.traffic) all.add(*app.traffic);
    }
    Json object;
    object["apps"] = status.apps.size();
    object["keys"] = keys;
    object["peers"] = status.peers.size();
    object["clients"] = status.clients;
    object["clients_in_sessions"] = status.clients_in_sessions;
    object["traffic"] = amounts_json(all.total());
    object["queued_bytes"] = queued;
    object["drops"] = drops_json(all);
    return object;
}

std::string json_with(const DaemonStatus& status, std::size_t items_max) {
    Json object;
    object["uptime_s"] = std::chrono::duration<double>(status.uptime).count();
    put_list(object, "apps", status.apps, items_max,
             [items_max](const AppStatus& app) { return app_json(app, items_max); });
    put_list(object, "peers", status.peers, items_max, peer_object);
    object["totals"] = totals_json(status);
    return app::json_text(object);
}

}  // namespace

std::string status_json(const DaemonStatus& status, std::size_t size_max) {
    std::string json;
    for (std::size_t items_max = 4096;; items_max /= 4) {
        json = json_with(status, items_max);
        if (json.size() <= size_max || items_max == 0) return json;
    }
}

}  // namespace netaio::daemon

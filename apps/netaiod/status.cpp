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

Json by_prefix_json(const Traffic& traffic) {
    Json list = Json::array();
    for (const auto& [prefix, amounts] : traffic.by_prefix()) {
        Json object;
        put_bytes(object, "prefix", "prefix_base64", prefix);
        put_amounts(object, amounts);
        list.push_back(std::move(object));
    }
    return list;
}

Json app_json(const AppStatus& status) {
    static const Traffic none;
    const Traffic& traffic = status.traffic ? *status.traffic : none;
    Json object;
    put_bytes(object, "name", "name_base64", status.app.name);
    object["uid"] = status.app.uid;
    object["pid"] = status.app.pid;
    object["keys"] = Json::array();
    for (const ServedKey& key : status.keys) object["keys"].push_back(key_json(key));
    object["peers"] = status.peers;
    object["queued_bytes"] = status.queued_bytes;
    object["paused"] = status.paused;
    object["traffic"] = amounts_json(traffic.total());
    object["by_prefix"] = by_prefix_json(traffic);
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
    Traffic all = status.others;
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
    object["traffic"] = amounts_json(all.total());
    object["queued_bytes"] = queued;
    object["drops"] = drops_json(all);
    return object;
}

}  // namespace

std::string status_json(const DaemonStatus& status) {
    Json object;
    object["uptime_s"] = std::chrono::duration<double>(status.uptime).count();
    object["apps"] = Json::array();
    for (const AppStatus& app : status.apps) object["apps"].push_back(app_json(app));
    object["peers"] = Json::array();
    for (const Peer& peer : status.peers) object["peers"].push_back(peer_object(peer));
    object["totals"] = totals_json(status);
    return app::json_text(object);
}

}  // namespace netaio::daemon

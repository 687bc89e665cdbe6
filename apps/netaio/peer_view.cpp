#include "peer_view.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <netaio/packify.hpp>
#include <span>

#include "json.hpp"
#include "output.hpp"
#include "table.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

std::string joined(const std::set<Address>& addresses) {
    std::string text;
    for (const Address& address : addresses) text += (text.empty() ? "" : ", ") + address.str();
    return text;
}

// `name=Kitchen room=2`, whatever the data is.
std::string data_text(const Peer& peer) {
    const auto data = unpack(peer.data);
    const Dict* dict = data ? data->as_dict() : nullptr;
    if (!dict) return printable(peer.data);
    std::string text;
    const Json object = value_json(*data);
    for (const auto& [key, value] : object.items()) {
        text += (text.empty() ? "" : " ") + printable(key) + "=" +
                printable(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return text;
}

}  // namespace

std::string peer_json(std::string_view event, const Peer& peer) {
    Json object;
    object["event"] = event;
    put_bytes(object, "id", "id_base64", peer.id);
    object["addresses"] = Json::array();
    for (const Address& address : peer.addresses) object["addresses"].push_back(address.str());
    if (const auto data = unpack(peer.data)) {
        object["data"] = value_json(*data);
    } else {
        object["data_base64"] = base64(peer.data);
    }
    return json_text(object);
}

std::string peer_line(std::string_view event, const Peer& peer) {
    std::string line = coloured(event) + " " + printable(peer.id);
    if (!peer.addresses.empty()) line += " at " + joined(peer.addresses);
    const std::string data = data_text(peer);
    return data.empty() ? line : line + ": " + data;
}

std::string peer_table(const std::vector<Peer>& peers, std::chrono::steady_clock::time_point now,
                       std::size_t width, std::size_t height) {
    std::vector<TableRow> rows{{"ID", "HEARD", "ADDRESS", "DATA"}};
    const std::size_t shown = peers.size() + 2 <= height ? peers.size() : height - 3;
    for (const Peer& peer : std::span(peers).first(shown)) {
        const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - peer.last_heard);
        rows.push_back({printable(peer.id), std::to_string(std::max<long>(ago.count(), 0)) + " s",
                        joined(peer.addresses), data_text(peer)});
    }
    std::string text = table_text(rows, width);
    if (shown < peers.size()) {
        text += cut("and " + std::to_string(peers.size() - shown) + " more", width) + "\n";
    }
    return text +
           cut(std::to_string(peers.size()) + (peers.size() == 1 ? " peer" : " peers"), width) +
           "\n";
}

std::string coloured(std::string_view event) {
    static const bool colours = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    const std::string text(event);
    if (!colours) return text;
    const char* colour = event == "joined" ? "\x1b[32m" : event == "left" ? "\x1b[31m" : "\x1b[33m";
    return colour + text + "\x1b[0m";
}

}  // namespace netaio::app

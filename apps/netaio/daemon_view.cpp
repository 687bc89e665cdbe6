#include "daemon_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "exit_code.hpp"
#include "table.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

using Seconds = std::chrono::duration<double>;

// After this a rate is half of what it was: short enough to see what goes on, and long enough to
// read.
constexpr double half_life_s = 2;

// What reads what the daemon said; whatever is not as it should be is malformed.
template <class Read>
auto reading_daemon(Read read) {
    try {
        return read();
    } catch (const Json::exception&) {
        throw Failure(ExitCode::malformed,
                      "netaiod said what this tool cannot read; use those of one version");
    }
}

// Bytes under a key, or in base64 under another, as put_bytes() puts them.
std::string shown(const Json& object, const std::string& key) {
    if (object.contains(key)) return printable(object.at(key).get<std::string>());
    return "base64:" + printable(object.at(key + "_base64").get<std::string>());
}

std::string number(const Json& object, const char* key) {
    return std::to_string(object.at(key).get<std::uint64_t>());
}

std::string with_unit(double amount) {
    const char* units[] = {"", "k", "M", "G", "T"};
    std::size_t unit = 0;
    for (; amount >= 999.95 && unit + 1 < std::size(units); ++unit) amount /= 1000;
    char text[32];
    std::snprintf(text, sizeof text,
                  unit == 0 && amount == std::floor(amount) ? "%.0f%s" : "%.1f%s", amount,
                  units[unit]);
    return text;
}

std::string byte_text(const Json& object, const char* key) {
    return with_unit(object.at(key).get<double>()) + "B";
}

std::string count_of(std::uint64_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string uptime_text(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 1e15));
    if (whole < 60) return std::to_string(whole) + " s";
    if (whole < 3600) return std::to_string(whole / 60) + " min";
    if (whole < 86400) {
        return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
    }
    return std::to_string(whole / 86400) + " d " + std::to_string(whole / 3600 % 24) + " h";
}

// `3 unowned, 1 queue`, or `none`.
std::string drops_text(const Json& drops) {
    std::string text;
    for (const auto& [cause, count] : drops.items()) {
        if (count.get<std::uint64_t>() == 0) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(count.get<std::uint64_t>()) + " " +
                printable(cause);
    }
    return text.empty() ? "none" : text;
}

std::uint64_t all_drops(const Json& drops) {
    std::uint64_t sum = 0;
    for (const auto& [cause, count] : drops.items()) sum += count.get<std::uint64_t>();
    return sum;
}

std::string left_out(const Json& object, const char* list) {
    const std::string key = std::string(list) + "_left_out";
    return object.contains(key) ? "  and " + number(object, key.c_str()) + " more\n" : "";
}

std::string clients_text(const Json& totals) {
    const auto clients = totals.value("clients", std::uint64_t(0));
    return clients == 0
               ? ""
               : ", " + count_of(clients, "client") + " (" +
                     std::to_string(totals.value("clients_in_sessions", std::uint64_t(0))) +
                     " in sessions)";
}

std::string summary(const Json& status) {
    const Json& totals = status.at("totals");
    const Json& traffic = totals.at("traffic");
    return "netaiod, up " + uptime_text(status.at("uptime_s").get<double>()) + ": " +
           count_of(totals.at("apps").get<std::uint64_t>(), "app") + ", " +
           count_of(totals.at("keys").get<std::uint64_t>(), "key") + ", " +
           count_of(totals.at("peers").get<std::uint64_t>(), "peer") + clients_text(totals) +
           "\nto apps: " + count_of(traffic.at("messages_in").get<std::uint64_t>(), "message") +
           ", " + byte_text(traffic, "bytes_in") +
           "; from apps: " + count_of(traffic.at("messages_out").get<std::uint64_t>(), "message") +
           ", " + byte_text(traffic, "bytes_out") +
           "\nwaiting: " + byte_text(totals, "queued_bytes") +
           "; dropped: " + drops_text(totals.at("drops")) + "\n";
}

std::string app_table(const Json& apps) {
    std::vector<TableRow> rows{
        {"APP", "UID", "PID", "KEYS", "PEERS", "IN", "OUT", "WAITING", "DROPPED", ""}};
    for (const Json& app : apps) {
        const std::uint64_t more =
            app.contains("keys_left_out") ? app.at("keys_left_out").get<std::uint64_t>() : 0;
        rows.push_back({shown(app, "name"), number(app, "uid"), number(app, "pid"),
                        std::to_string(app.at("keys").size() + more), number(app, "peers"),
                        number(app.at("traffic"), "messages_in"),
                        number(app.at("traffic"), "messages_out"), byte_text(app, "queued_bytes"),
                        std::to_string(all_drops(app.at("drops"))),
                        app.at("paused").get<bool>() ? "paused" : ""});
    }
    return table_text(rows, SIZE_MAX);
}

std::string keys_text(const Json& app) {
    if (app.at("keys").empty()) return "";
    std::string text = shown(app, "name") + " serves\n";
    for (const Json& key : app.at("keys")) {
        const bool exact = key.contains("uri") || key.contains("uri_base64");
        text += "  " + printable(key.at("type").get<std::string>()) + " " +
                (exact ? shown(key, "uri") : shown(key, "prefix") + "...") + "\n";
    }
    return text + left_out(app, "keys");
}

std::string peers_text(const Json& peers) {
    std::string text;
    for (const Json& peer : peers) {
        text += "  " + shown(peer, "id");
        const char* between = " at ";
        for (const Json& address : peer.at("addresses")) {
            text += between + printable(address.get<std::string>());
            between = ", ";
        }
        text += "\n";
    }
    return text;
}

std::string who_text(const Json& seen) {
    std::string text;
    for (const Json& one : seen.at("who")) {
        text += (text.empty() ? "" : ", ") + printable(one.get<std::string>());
    }
    return text.empty() ? "nobody" : text;
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

}  // namespace

Json daemon_object(ByteView text) {
    return reading_daemon([&] {
        Json object = Json::parse(text.begin(), text.end());
        object.get_ref<const Json::object_t&>();  // throws for what is no object
        return object;
    });
}

std::string status_text(const Json& status) {
    return reading_daemon([&] {
        std::string text = summary(status);
        if (!status.at("apps").empty()) text += "\n" + app_table(status.at("apps"));
        text += left_out(status, "apps");
        for (const Json& app : status.at("apps")) {
            const std::string keys = keys_text(app);
            if (!keys.empty()) text += "\n" + keys;
        }
        if (!status.at("peers").empty()) text += "\npeers\n" + peers_text(status.at("peers"));
        return text + left_out(status, "peers");
    });
}

std::string seen_line(const Json& seen) {
    return reading_daemon([&] {
        if (seen.contains("missed")) return "missed\t" + number(seen, "missed");
        return printable(seen.at("direction").get<std::string>()) + "\t" +
               or_dash(shown(seen, "app")) + "\t" + printable(seen.at("type").get<std::string>()) +
               "\t" + shown(seen, "uri") + "\t" + number(seen, "size") + "\t" + who_text(seen) +
               "\t" + or_dash(printable(seen.at("far_end").get<std::string>()));
    });
}

void SeenTable::Rate::add(double amount, TimePoint now) {
    // So that what comes evenly shows its rate.
    value_ = at(now) + amount * std::log(2) / half_life_s;
    at_ = now;
}

double SeenTable::Rate::at(TimePoint now) const {
    return value_ * std::exp2(-Seconds(now - at_).count() / half_life_s);
}

void SeenTable::count(const Json& seen, TimePoint now) {
    reading_daemon([&] {
        if (seen.contains("missed")) {
            missed_ += seen.at("missed").get<std::uint64_t>();
            return;
        }
        const auto size = seen.at("size").get<double>();
        std::pair key(who_text(seen), shown(seen, "uri"));
        if (rows_.size() >= rows_max && !rows_.contains(key)) make_room();
        Row& row = rows_[std::move(key)];
        row.messages.add(1, now);
        row.bytes.add(size, now);
        row.last = now;
        ++row.total;
        ++seen_;
    });
}

void SeenTable::make_room() {
    rows_.erase(
        std::ranges::min_element(rows_, {}, [](const auto& entry) { return entry.second.last; }));
}

std::string SeenTable::text(TimePoint now, std::size_t width, std::size_t height) const {
    std::vector<std::pair<double, const decltype(rows_)::value_type*>> busiest;
    double rate = 0;
    for (const auto& entry : rows_) {
        busiest.emplace_back(entry.second.messages.at(now), &entry);
        rate += busiest.back().first;
    }
    // Those as busy as each other are in the order of their names.
    std::ranges::sort(busiest, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second->first < b.second->first;
    });
    // Its head, how many more, and the sums take a line each.
    const std::size_t most = std::max<std::size_t>(height, 4) - 3;
    const std::size_t shown_rows = std::min(busiest.size(), most);
    std::vector<TableRow> rows{{"MSG/S", "B/S", "TOTAL", "WHO", "URI"}};
    for (std::size_t i = 0; i < shown_rows; ++i) {
        const auto& [who_and_uri, row] = *busiest[i].second;
        rows.push_back({with_unit(std::round(busiest[i].first * 10) / 10),
                        with_unit(std::round(row.bytes.at(now))), std::to_string(row.total),
                        who_and_uri.first, who_and_uri.second});
    }
    std::string text = table_text(rows, width);
    if (shown_rows < busiest.size()) {
        text += cut("and " + std::to_string(busiest.size() - shown_rows) + " more", width) + "\n";
    }
    return text +
           cut(with_unit(std::round(rate * 10) / 10) + " messages/s, " + std::to_string(seen_) +
                   " seen, " + std::to_string(missed_) + " missed",
               width) +
           "\n";
}

}  // namespace netaio::app

#include "config_reader.hpp"

namespace netaio::daemon {
namespace {

std::string list_of(const std::vector<std::string>& names) {
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i) {
        all += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    }
    return all;
}

// Those that need no quotes in TOML, nor at the front of an address.
bool is_server_name(std::string_view name) noexcept {
    return NamedSecret::is_name(name) && name.find('.') == std::string_view::npos;
}

}  // namespace

app::Called called_in(const std::string& table) {
    return [table](std::string_view option) {
        std::string key(option);
        std::ranges::replace(key, '-', '_');
        return table + '.' + key;
    };
}

Reader::Reader(std::string file)
    : file_(std::move(file)),
      folder_(std::filesystem::absolute(file_).parent_path()),
      fail_(
          [this](const toml::node& at, const std::string& why) { fail(at.source().begin, why); }) {}

Config Reader::read(std::string_view text) {
    Config config;
    config.file = file_;
    try {
        root_ = toml_text::parse(text);
    } catch (const toml_text::NoToml& error) {
        const auto& at = error.at();
        throw ConfigError(placed(file_, {at.line, at.column}, error.what()));
    }
    each_key(*this, config);
    check_all_known(root_, "");
    config.places = std::move(places_);
    if (wrong_.empty()) check_sense(config);
    if (!wrong_.empty()) {
        std::string all;
        for (const auto& [at, why] : wrong_) {
            all += (all.empty() ? "" : "\n") + placed(file_, {at.first, at.second}, why);
        }
        throw ConfigError(all);
    }
    return config;
}

// Goes down from the root to where the keys that follow are.
void Reader::enter(const std::string& name) {
    name_.clear();
    table_ = &root_;
    std::string_view rest = name;
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find('.'));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        const toml::node* node = take(std::string(part).c_str());
        const toml::table* inner = node ? node->as_table() : nullptr;
        if (node && !inner) {
            fail(node->source().begin, "this is a table: [" + name + "]");
        }
        name_ += (name_.empty() ? "" : ".") + std::string(part);
        table_ = inner;
    }
}

// The key by that name, which is known from now on; null where it is not given.
const toml::node* Reader::take(const char* name) {
    auto& known = known_[name_];
    if (std::ranges::find(known, name) == known.end()) known.push_back(name);
    const toml::node* node = table_ ? table_->get(name) : nullptr;
    if (node) {
        const auto& at = node->source().begin;
        places_[(name_.empty() ? "" : name_ + '.') + name] = {at.line, at.column};
    }
    return node;
}

std::vector<std::string> Reader::names_of_tables() {
    std::vector<std::string> names;
    if (!table_) return names;
    for (const auto& [key, node] : *table_) {
        const std::string name(key.str());
        if (!is_server_name(name)) {
            known_[name_].push_back(name);
            fail(key.source().begin, "'" + app::printable(name) +
                                         "' is no name here, which has letters, digits, - and _");
        } else {
            names.push_back(name);
        }
    }
    return names;
}

void Reader::types(MessageTypes& types) {
    enter("types");
    if (table_) read_types(types, *table_);
    enter("answers");
    if (table_) read_answers(types, *table_);
}

void Reader::read_types(MessageTypes& types, const toml::table& table) {
    for (const auto& [key, node] : table) {
        const toml::node* taken = take(std::string(key.str()).c_str());
        const auto* number = taken->as_integer();
        if (!number || **number < first_own_type || **number > 255) {
            fail(taken->source().begin, "a message type is a whole number from 31 to 255");
            continue;
        }
        try {
            types.add(key.str(), static_cast<int>(**number));
        } catch (const std::invalid_argument& error) {
            fail(taken->source().begin, error.what());
        }
    }
}

void Reader::read_answers(MessageTypes& types, const toml::table& table) {
    for (const auto& [key, node] : table) {
        const toml::node* taken = take(std::string(key.str()).c_str());
        const auto* name = taken->as_string();
        const auto asked = types.find(key.str());
        const auto answer = name ? types.find(**name) : std::nullopt;
        if (!asked || !answer) {
            fail(taken->source().begin, "an answer is NAME = \"NAME\", both from [types]");
            continue;
        }
        try {
            types.set_answer(*asked, *answer);
        } catch (const std::invalid_argument& error) {
            fail(taken->source().begin, error.what());
        }
    }
}

void Reader::check_all_known(const toml::table& table, const std::string& name) {
    const auto known = known_.find(name);
    if (known == known_.end()) return;  // said already
    for (const auto& [key, node] : table) {
        const std::string text(key.str());
        if (std::ranges::find(known->second, text) == known->second.end()) {
            fail(key.source().begin, "there is no key '" + app::printable(text) + "' " +
                                         (name.empty() ? "here" : "in [" + name + "]") + ", but " +
                                         list_of(known->second));
        } else if (const auto* inner = node.as_table()) {
            check_all_known(*inner, name.empty() ? text : name + '.' + text);
        }
    }
}

// What only some values beside others mean.
void Reader::check_sense(const Config& config) {
    const auto refuse = [&](const std::string& key, const std::string& why) {
        const auto at = config.places.find(key);
        const Place place = at == config.places.end() ? Place{1, 1} : at->second;
        wrong_.emplace(std::pair{place.line, place.column}, why);
    };
    if (!Address::named("unix", config.process.socket) || config.process.socket.size() > 107) {
        refuse("daemon.socket", "the path of a socket has 107 bytes at most");
    }
    if (!config.udp.ipv4 && !config.udp.ipv6) {
        refuse("udp.ipv6",
               "ipv4 and ipv6 are both false; leave one of them on, or set enabled = "
               "false");
    }
    if (config.peers.exchange && !app::authenticates(config.protection)) {
        refuse("peers.exchange",
               "only peers that authenticate may tell of others; give "
               "[protection] hmac or lock");
    }
    for (const auto& [name, server] : config.servers) {
        const std::string table = "servers." + name;
        if (server.address.host.empty()) {
            refuse(table, "a server needs an address, such as address = \"example.org:8888\"");
        }
        if (server.address.host == "unix:" + config.process.socket) {
            refuse(table + ".address",
                   "this is daemon.socket, where programs connect as who they are; name another "
                   "server");
        }
        if (server.plain && &config.protection_of(server) == &server.protection &&
            (app::reads_secrets(server.protection) || server.protection.hashcash > 0)) {
            refuse(table + ".plain",
                   "a server that is plain has no secrets; leave out one of them");
        }
    }
}

void Reader::fail(const toml::source_position& at, const std::string& why) {
    wrong_.emplace(std::pair<std::size_t, std::size_t>{at.line, at.column}, why);
}

}  // namespace netaio::daemon

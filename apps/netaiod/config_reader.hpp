#pragma once

#include <checked_toml.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config_keys.hpp"

namespace netaio::daemon {

/// The numbers of message types below are the protocol's own.
inline constexpr int first_own_type = 31;

/// What options for protection are called in this table of a configuration.
app::Called called_in(const std::string& table);

/// Takes the keys of a configuration from TOML, and all that is wrong with them. Good for one.
class Reader {
public:
    explicit Reader(std::string file);

    /// Throws ConfigError.
    Config read(std::string_view text);

    // What each_key() asks.
    template <class Body>
    void table(const std::string& name, const Body& body) {
        enter(name);
        body();
    }
    template <class Named, class Body>
    void each_named(const std::string& name, Named& all, const Body& body) {
        enter(name);
        for (const std::string& key : names_of_tables()) {
            auto& one = all[key];
            one.protection.called = called_in(name + '.' + key);
            table(name + '.' + key, [&] { body(one); });
        }
    }
    template <class Value, class Kind>
    void key(const char* name, Value& value, const Kind& kind, Applies) {
        if (const toml::node* node = take(name)) kind.read(*node, value, fail_);
    }
    void types(MessageTypes& types);
    const std::filesystem::path& folder() const noexcept { return folder_; }

private:
    void enter(const std::string& name);
    std::vector<std::string> names_of_tables();
    const toml::node* take(const char* name);
    void read_types(MessageTypes& types, const toml::table& table);
    void read_answers(MessageTypes& types, const toml::table& table);
    void check_all_known(const toml::table& table, const std::string& name);
    void check_sense(const Config& config);
    void fail(const toml::source_position& at, const std::string& why);

    const std::string file_;
    const std::filesystem::path folder_;
    const Fail fail_;
    toml::table root_;
    std::string name_;                                       // of the table, such as `quota.app`
    const toml::table* table_ = nullptr;                     // null where it is not there
    std::map<std::string, std::vector<std::string>> known_;  // keys by the names of their tables
    std::map<std::string, Place, std::less<>> places_;
    std::map<std::pair<std::size_t, std::size_t>, std::string> wrong_;  // by line and column
};

}  // namespace netaio::daemon

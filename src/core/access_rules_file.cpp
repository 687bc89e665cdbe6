#include <cerrno>
#include <checked_toml.hpp>
#include <filesystem>
#include <fstream>
#include <netaio/access_rules.hpp>
#include <optional>
#include <sstream>
#include <system_error>

#include "rule_index.hpp"

/// How rules are read from TOML.
namespace netaio {
namespace {

class RulesFile {
public:
    RulesFile(std::string name, const MessageTypes& types)
        : name_(std::move(name)), types_(types) {}

    std::shared_ptr<const AccessRules> read(std::string_view text) {
        const toml::table root = parsed(text);
        for (const auto& [key, node] : root) {
            if (key == "default") {
                options_.otherwise = read_access(node);
            } else if (key == "groups") {
                read_groups(node);
            } else if (key == "rule") {
                read_rules(node);
            } else {
                unknown(key, "default, [groups] and [[rule]]");
            }
        }
        check_groups();
        require_any(root);
        return std::make_shared<const AccessRules>(std::move(rules_), std::move(options_));
    }

    [[noreturn]] void fail(const toml::source_position& at, const std::string& what) const {
        throw AccessRulesError(name_, at.line, at.column, what);
    }

private:
    struct Named {
        std::string group;
        toml::source_position at;
    };

    [[noreturn]] void fail(const toml::node& at, const std::string& what) const {
        fail(at.source().begin, what);
    }
    [[noreturn]] void unknown(const toml::key& key, const std::string& known) const {
        fail(key.source().begin,
             "there is no key '" + std::string(key.str()) + "' here, but " + known);
    }

    toml::table parsed(std::string_view text) const {
        try {
            return toml_text::parse(text);
        } catch (const toml_text::NoToml& error) {
            fail(error.at(), error.what());
        }
    }

    Access read_access(const toml::node& node) const {
        const auto* text = node.as_string();
        if (text && **text == "allow") {
            return Access::allow;
        }
        if (text && **text == "deny") {
            return Access::deny;
        }
        fail(node, "the default is \"allow\" or \"deny\"");
    }

    // One text or a list of them; each is given with its place.
    template <class Take>
    void each_text(const toml::node& node, std::string_view key, Take&& take) const {
        const auto one = [&](const toml::node& at) {
            const auto* text = at.as_string();
            if (!text) {
                fail(at, "'" + std::string(key) + "' is a text or a list of texts");
            }
            take(**text, at);
        };
        const auto* list = node.as_array();
        if (!list) {
            one(node);
            return;
        }
        if (list->empty()) {
            fail(node, "'" + std::string(key) + "' is empty; name something, or leave it out");
        }
        for (const toml::node& at : *list) {
            one(at);
        }
    }

    void check_pattern(const std::string& text, const toml::node& at) const {
        try {
            const core::WhoPattern checked(text);
        } catch (const std::invalid_argument& error) {
            fail(at, error.what());
        }
    }

    void read_groups(const toml::node& node) {
        const auto* groups = node.as_table();
        if (!groups) {
            fail(node,
                 "'groups' is a table: [groups], then lines such as sensors = [\"sensor-*\"]");
        }
        for (const auto& [key, patterns] : *groups) {
            auto& group = options_.groups[std::string(key.str())];
            each_text(patterns, key.str(), [&](const std::string& text, const toml::node& at) {
                check_pattern(text, at);
                group.push_back(text);
            });
        }
    }

    void read_rules(const toml::node& node) {
        const auto* list = node.as_array();
        if (!list || !list->is_homogeneous(toml::node_type::table)) {
            fail(node, "each rule begins with [[rule]]");
        }
        for (const toml::node& rule : *list) {
            read_rule(*rule.as_table());
        }
    }

    void read_rule(const toml::table& table) {
        AccessRule rule;
        rule.line = table.source().begin.line;
        bool decides = false;
        for (const auto& [key, node] : table) {
            if (key == "allow" || key == "deny") {
                if (std::exchange(decides, true)) {
                    fail(node, "a rule has either 'allow' or 'deny'");
                }
                rule.access = key == "allow" ? Access::allow : Access::deny;
                read_types(node, key.str(), rule);
            } else if (key == "who") {
                each_text(node, "who", [&](const std::string& text, const toml::node& at) {
                    if (text.starts_with('@')) {
                        named_.push_back({text.substr(1), at.source().begin});
                    } else {
                        check_pattern(text, at);
                    }
                    rule.who.push_back(text);
                });
            } else if (key == "uri" || key == "prefix") {
                auto& uris = key == "uri" ? rule.uris : rule.prefixes;
                each_text(node, key.str(), [&](const std::string& text, const toml::node&) {
                    uris.push_back(text);
                });
            } else {
                unknown(key, "allow or deny, who, uri and prefix");
            }
        }
        if (!decides) {
            fail(table, "a rule needs 'allow' or 'deny', such as allow = \"read\"");
        }
        if (rule.who.empty()) {
            fail(table, "a rule needs 'who', such as who = \"hmac:alice\", or \"*\" for everybody");
        }
        rules_.push_back(std::move(rule));
    }

    void read_types(const toml::node& node, std::string_view key, AccessRule& rule) const {
        const auto add = [&](const std::vector<MessageType>& more) {
            rule.types.insert(rule.types.end(), more.begin(), more.end());
        };
        bool all = false;
        each_text(node, key, [&](const std::string& word, const toml::node& at) {
            if (word == "read") {
                add(reading());
            } else if (word == "write") {
                add(writing());
            } else if (word == "peers") {
                add(introducing());
            } else if (word == "all") {
                all = true;
            } else if (const auto type = types_.find(word)) {
                add({*type});
            } else {
                fail(at, "'" + word +
                             "' is neither read, write, all, peers nor a message type such as "
                             "REQUEST_URI");
            }
        });
        if (all) {
            for (int type = 0; type <= 255; ++type) {
                if (AccessRules::covers(static_cast<MessageType>(type)) && !rule.types.empty()) {
                    add({static_cast<MessageType>(type)});
                }
            }
        }
    }

    // A file that was cut off must neither open nor close everything in silence.
    void require_any(const toml::table& root) const {
        const toml::node* const otherwise = root.get("default");
        if (!rules_.empty() || (otherwise && options_.otherwise == Access::deny)) {
            return;
        }
        if (otherwise) {
            fail(*otherwise,
                 "without a rule this allows everything; if that is meant, give no rules, else "
                 "the file was cut off");
        }
        fail({1, 1},
             "there is no rule here: the file is empty or was cut off; default = \"deny\" alone "
             "refuses everything");
    }

    void check_groups() const {
        for (const Named& named : named_) {
            if (!options_.groups.contains(named.group)) {
                fail(named.at, "there is no group '" + named.group + "' in [groups]");
            }
        }
    }

    std::string name_;
    const MessageTypes& types_;
    std::vector<AccessRule> rules_;
    AccessRulesOptions options_;
    std::vector<Named> named_;
};

}  // namespace

AccessRulesError::AccessRulesError(const std::string& where, std::size_t line, std::size_t column,
                                   const std::string& what)
    : std::runtime_error(
          where +
          (line > 0 ? ":" + std::to_string(line) + ":" + std::to_string(column) : std::string()) +
          ": " + what),
      line_(line),
      column_(column) {}

std::shared_ptr<const AccessRules> AccessRules::parse(std::string_view text,
                                                      const MessageTypes& types) {
    return RulesFile("rules", types).read(text);
}

std::shared_ptr<const AccessRules> AccessRules::load(const std::string& path,
                                                     const MessageTypes& types) {
    if (std::error_code error; std::filesystem::is_directory(path, error)) {
        throw AccessRulesError(path, 0, 0, "cannot be read: it is a directory");
    }
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();  // which fails, but is not bad, where there is nothing
    if (!file.is_open() || text.bad()) {
        throw AccessRulesError(path, 0, 0,
                               "cannot be read: " + std::generic_category().message(errno));
    }
    return RulesFile(path, types).read(text.str());
}

}  // namespace netaio

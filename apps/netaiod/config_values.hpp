#pragma once

#include <algorithm>
#include <charconv>
#include <checked_toml.hpp>
#include <cmath>
#include <filesystem>
#include <functional>
#include <netaio/interfaces.hpp>
#include <netaio/secret.hpp>
#include <netaio/session.hpp>
#include <optional>
#include <string>
#include <vector>

#include "endpoint.hpp"
#include "exit_code.hpp"
#include "text.hpp"
#include "values.hpp"

/// What values a configuration may have, each a kind with `read`, which takes one from TOML or says
/// why not, and `write`, which gives TOML that reads as the same, or nothing where there is none.
namespace netaio::daemon {

/// Told what is wrong with a node.
using Fail = std::function<void(const toml::node& at, const std::string& why)>;

inline std::string toml_string(std::string_view text) {
    std::string made = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            made += '\\';
            made += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            constexpr char digits[] = "0123456789abcdef";
            made += "\\u00";
            made += digits[byte >> 4];
            made += digits[byte & 15];
        } else {
            made += c;
        }
    }
    return made += '"';
}

template <class Number>
std::string number_text(Number number) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

/// A text that is not empty.
inline std::optional<std::string> text_of(const toml::node& node, const Fail& fail) {
    const auto* text = node.as_string();
    if (!text) {
        fail(node, "this is to be a text, in quotes");
    } else if ((*text)->empty()) {
        fail(node, "this is empty; give it a value, or leave it out");
    } else if ((*text)->find('\0') != std::string::npos) {
        fail(node, "this has a NUL in it");
    } else {
        return **text;
    }
    return std::nullopt;
}

struct Text {
    void read(const toml::node& node, std::string& value, const Fail& fail) const {
        if (auto text = text_of(node, fail)) value = std::move(*text);
    }
    std::string write(const std::string& value) const {
        return value.empty() ? "" : toml_string(value);
    }
};

/// The path of a file, which is absolute in the end.
struct Path {
    const std::filesystem::path& folder;

    void read(const toml::node& node, std::string& value, const Fail& fail) const {
        if (const auto text = text_of(node, fail)) value = absolute(*text);
    }
    std::string absolute(const std::string& path) const {
        return (folder / path).lexically_normal().string();
    }
    std::string write(const std::string& value) const { return Text().write(value); }
};

/// `single-sig` and the like, or `delegate:FILE`, `taproot:FILE`.
struct Witness {
    const std::filesystem::path& folder;

    void read(const toml::node& node, std::string& value, const Fail& fail) const {
        const auto text = text_of(node, fail);
        if (!text) return;
        const std::size_t colon = text->find(':');
        value = colon == std::string::npos
                    ? *text
                    : text->substr(0, colon + 1) + Path{folder}.absolute(text->substr(colon + 1));
    }
    std::string write(const std::string& value) const { return toml_string(value); }
};

/// One of a few words.
struct Choice {
    const std::vector<std::string>& words;

    void read(const toml::node& node, std::string& value, const Fail& fail) const {
        const auto* text = node.as_string();
        if (text && std::ranges::find(words, **text) != words.end()) {
            value = **text;
            return;
        }
        std::string all;
        for (const std::string& word : words) all += (all.empty() ? "" : ", ") + toml_string(word);
        fail(node, "this is to be one of " + all);
    }
    std::string write(const std::string& value) const { return Text().write(value); }
};

struct Flag {
    void read(const toml::node& node, bool& value, const Fail& fail) const {
        if (const auto* flag = node.as_boolean()) {
            value = **flag;
        } else {
            fail(node, "this is to be true or false");
        }
    }
    std::string write(bool value) const { return value ? "true" : "false"; }
};

/// A whole number.
struct Whole {
    std::uint64_t min;
    std::uint64_t max;

    template <class Number>
    void read(const toml::node& node, Number& value, const Fail& fail) const {
        const auto* number = node.as_integer();
        if (number && **number >= 0 && fits(static_cast<std::uint64_t>(**number))) {
            value = static_cast<Number>(**number);
        } else {
            fail(node, "this is to be a whole number" + range());
        }
    }
    template <class Number>
    std::string write(Number value) const {
        return number_text(static_cast<std::uint64_t>(value));
    }
    bool fits(std::uint64_t number) const { return number >= min && number <= max; }
    std::string range() const { return " from " + number_text(min) + " to " + number_text(max); }
};

/// A number of bytes: as it is, or a text with a unit, such as "64k".
struct ByteCount {
    std::uint64_t min;
    std::uint64_t max;

    template <class Number>
    void read(const toml::node& node, Number& value, const Fail& fail) const {
        const Whole whole{min, max};
        const auto* text = node.as_string();
        const auto* number = node.as_integer();
        std::optional<std::uint64_t> bytes;
        if (text) bytes = app::bytes_in(**text);
        if (number && **number >= 0) bytes = static_cast<std::uint64_t>(**number);
        if (bytes && whole.fits(*bytes)) {
            value = static_cast<Number>(*bytes);
        } else {
            fail(node, "this is to be a number of bytes" + whole.range() +
                           ", or such as \"64k\" or \"4M\"");
        }
    }
    template <class Number>
    std::string write(Number value) const {
        return number_text(static_cast<std::uint64_t>(value));
    }
};

/// A time: a number of seconds, or a text with a unit, such as "1.5h".
struct Seconds {
    double min;
    double max;

    void read(const toml::node& node, double& value, const Fail& fail) const {
        std::optional<double> seconds;
        if (const auto* text = node.as_string()) seconds = app::seconds_in(**text);
        if (node.is_number()) seconds = node.value<double>();
        if (seconds && *seconds >= min && *seconds <= max) {
            value = *seconds;
        } else {
            fail(node, "this is to be a time from " + number_text(min) + " to " + number_text(max) +
                           " seconds, or such as \"500ms\" or \"2m\"");
        }
    }
    void read(const toml::node& node, std::optional<double>& value, const Fail& fail) const {
        double seconds = -1;
        read(node, seconds, fail);
        if (seconds >= 0) value = seconds;
    }
    std::string write(double value) const { return number_text(value); }
    std::string write(const std::optional<double>& value) const {
        return value ? number_text(*value) : "";
    }
};

/// One value or a list of them.
template <class Take>
void each_of(const toml::node& node, const Take& take) {
    const auto* list = node.as_array();
    if (!list) {
        take(node);
        return;
    }
    for (const toml::node& one : *list) take(one);
}

inline std::string list_text(const std::vector<std::string>& parts) {
    std::string made;
    for (const std::string& part : parts) made += (made.empty() ? "" : ", ") + part;
    return "[" + made + "]";
}

struct Texts {
    void read(const toml::node& node, std::vector<std::string>& values, const Fail& fail) const {
        values.clear();
        each_of(node, [&](const toml::node& one) {
            if (auto text = text_of(one, fail)) values.push_back(std::move(*text));
        });
    }
    std::string write(const std::vector<std::string>& values) const {
        std::vector<std::string> parts;
        for (const std::string& value : values) parts.push_back(toml_string(value));
        return list_text(parts);
    }
};

/// Keys that others have in sessions, in hexadecimal digits.
struct SessionKeys {
    void read(const toml::node& node, std::vector<std::string>& values, const Fail& fail) const {
        values.clear();
        each_of(node, [&](const toml::node& one) {
            auto text = text_of(one, fail);
            if (text && !parse_session_key(*text)) {
                fail(one,
                     "this is no key of 64 hexadecimal digits, as 'netaio keygen --show FILE' "
                     "prints");
            } else if (text) {
                values.push_back(std::move(*text));
            }
        });
    }
    std::string write(const std::vector<std::string>& values) const {
        return Texts().write(values);
    }
};

/// HOST:PORT or unix:PATH, which is absolute in the end.
struct Where {
    const std::filesystem::path& folder;

    void read(const toml::node& node, app::Endpoint& value, const Fail& fail) const {
        const auto text = text_of(node, fail);
        if (!text) return;
        try {
            value = app::parse_endpoint(*text);
            constexpr std::string_view scheme = "unix:";
            if (value.is_unix() && !value.host.starts_with("unix:@")) {
                value.host =
                    std::string(scheme) + Path{folder}.absolute(value.host.substr(scheme.size()));
            }
        } catch (const app::Failure& failure) {
            fail(node, failure.what());
        }
    }
    std::string write(const app::Endpoint& value) const {
        return value.host.empty() ? "" : toml_string(value.str());
    }
};

/// IP addresses with ports, which are above zero for others to be reached at.
struct Addresses {
    bool of_others;

    void read(const toml::node& node, std::vector<Address>& values, const Fail& fail) const {
        values.clear();
        each_of(node, [&](const toml::node& one) {
            const auto text = text_of(one, fail);
            if (!text) return;
            try {
                const app::Endpoint endpoint = app::parse_endpoint(*text);
                const auto address = parse_zoned_address(endpoint.host, endpoint.port);
                if (endpoint.is_unix() || !address) {
                    fail(one, "'" + app::printable(*text) +
                                  "' is no IP address with a port, such as 192.0.2.1:8888 or "
                                  "[2001:db8::1]:8888");
                } else if (of_others && endpoint.port == 0) {
                    fail(one, "'" + *text + "' has no port above 0, where others can be reached");
                } else {
                    values.push_back(*address);
                }
            } catch (const app::Failure& failure) {
                fail(one, failure.what());
            }
        });
    }
    std::string write(const std::vector<Address>& values) const {
        std::vector<std::string> parts;
        for (const Address& value : values) parts.push_back(toml_string(value.str()));
        return list_text(parts);
    }
};

/// An IP address of one family, without a port.
struct Group {
    bool v6;

    void read(const toml::node& node, std::string& value, const Fail& fail) const {
        const auto text = text_of(node, fail);
        if (!text) return;
        const auto address = Address::parse(*text, 0);
        const auto first = address ? address->ip()[0] : 0;
        const bool multicast = v6 ? first == 0xff : first >> 4 == 0xe;
        if (address && address->is_v6() == v6 && multicast) {
            value = *text;
        } else {
            fail(node, "'" + app::printable(*text) + "' is no multicast address of IPv" +
                           (v6 ? "6" : "4"));
        }
    }
    std::string write(const std::string& value) const { return toml_string(value); }
};

/// Files of secrets, as the tool's options name them: @FILE, or NAME=@FILE.
struct SecretFiles {
    const std::filesystem::path& folder;

    void read(const toml::node& node, std::vector<std::string>& values, const Fail& fail) const {
        values.clear();
        std::vector<std::string> names;
        each_of(node, [&](const toml::node& one) {
            std::string name;
            const toml::node* file = &one;
            if (const auto* table = one.as_table()) {
                file = named(*table, name, fail);
                if (!file) return;
            }
            const auto path = text_of(*file, fail);
            if (!path) return;
            const std::string known_as = name.empty() ? "default" : name;
            if (std::ranges::find(names, known_as) != names.end()) {
                fail(one, "two are named '" + known_as +
                              "'; write { name = \"NAME\", file = \"FILE\" }, each with a name of "
                              "its own");
                return;
            }
            names.push_back(known_as);
            values.push_back((name.empty() ? "@" : name + "=@") + Path{folder}.absolute(*path));
        });
    }
    std::string write(const std::vector<std::string>& values) const {
        std::vector<std::string> parts;
        for (const std::string& value : values) {
            const std::size_t at = value.starts_with('@') ? 0 : value.find("=@") + 1;
            const std::string file = toml_string(value.substr(at + 1));
            parts.push_back(at == 0 ? file
                                    : "{ name = " + toml_string(value.substr(0, at - 1)) +
                                          ", file = " + file + " }");
        }
        return list_text(parts);
    }

private:
    // The file of { name, file }; null where that is not what it is.
    static const toml::node* named(const toml::table& table, std::string& name, const Fail& fail) {
        const toml::node* file = nullptr;
        bool has_name = false;
        bool sound = true;
        for (const auto& [key, node] : table) {
            if (key == "file") {
                file = &node;
            } else if (const auto* text = node.as_string(); key == "name" && text) {
                name = **text;
                has_name = true;
            } else {
                sound = false;
            }
        }
        if (!sound || !file || !has_name) {
            fail(table,
                 "a secret is the name of its file, or { name = \"NAME\", file = \"FILE\" }");
            return nullptr;
        }
        if (!NamedSecret::is_name(name)) {
            fail(table, "the name of a secret has letters, digits and .-_ only, and '" +
                            app::printable(name) + "' is none");
            return nullptr;
        }
        return file;
    }
};

}  // namespace netaio::daemon

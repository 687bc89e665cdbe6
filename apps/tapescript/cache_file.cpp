#include "cache_file.hpp"

#include <netaio/tapescript/bytes.hpp>

#include "exit_code.hpp"
#include "scripts.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

using Json = nlohmann::ordered_json;
using tapescript::Integer;
using tapescript::Value;

[[noreturn]] void refuse(const std::string& what) {
    throw Failure(ExitCode::usage,
                  "cache file: " + printable(what) +
                      "; its form is {\"TYPE:NAME\": [\"TYPE\", VALUE], ...}, types "
                      "are str, bytes (hexadecimal digits) and, for values, number");
}

std::string bytes_of(const std::string& digits) {
    auto bytes = tapescript::from_hex(digits);
    if (!bytes) refuse("'" + digits + "' is not hexadecimal");
    return *std::move(bytes);
}

Value value_of(const Json& entry) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string()) {
        refuse("'" + entry.dump() + "' is no value");
    }
    const auto type = entry[0].get<std::string>();
    const Json& value = entry[1];
    if ((type == "str" || type == "string") && value.is_string()) {
        return tapescript::Text{value.get<std::string>()};
    }
    if (type == "bytes" && value.is_string()) return Value(bytes_of(value.get<std::string>()));
    if (type == "number" && value.is_number_unsigned()) return Integer(value.get<std::uint64_t>());
    if (type == "number" && value.is_number_integer()) return Integer(value.get<std::int64_t>());
    if (type == "number" && value.is_number_float()) return value.get<double>();
    if (type == "list" && value.is_array()) {
        tapescript::ValueList list;
        for (const Json& item : value) {
            if (!item.is_array() || item.size() != 2 || item[0] == "list") {
                refuse("'" + item.dump() + "' is no item of a list");
            }
            list.push_back(value_of(item));
        }
        return list;
    }
    refuse("'" + entry.dump() + "' is no value");
}

void put(tapescript::Cache& cache, const std::string& key, const Json& entry) {
    const std::size_t colon = key.find(':');
    const std::string type = key.substr(0, colon);
    if (colon == std::string::npos) refuse("the key '" + key + "' has no type");
    const std::string name = key.substr(colon + 1);
    if (type == "str" || type == "string") {
        cache.named[name] = value_of(entry);
    } else if (type == "bytes") {
        cache.written[bytes_of(name)] = value_of(entry);
    } else {
        refuse("the key '" + key + "' has another type than str and bytes");
    }
}

Json number_json(const Integer& number) {
    if (number >= std::numeric_limits<std::int64_t>::min() &&
        number <= std::numeric_limits<std::int64_t>::max()) {
        return static_cast<std::int64_t>(number);
    }
    return number.str();
}

Json value_json(const Value& value) {
    if (const auto* bytes = value.bytes()) return {"bytes", tapescript::to_hex(*bytes)};
    if (const auto* number = value.integer()) return {"number", number_json(*number)};
    if (const auto* text = std::get_if<tapescript::Text>(&value)) return {"str", text->utf8};
    if (const auto* number = std::get_if<double>(&value)) return {"number", *number};
    if (const auto* truth = std::get_if<bool>(&value)) return {"bool", *truth};
    Json list = Json::array();
    if (const auto* items = value.list()) {
        for (const Value& item : *items) list.push_back(value_json(item));
        return {"list", list};
    }
    return {"none", nullptr};
}

}  // namespace

tapescript::Cache read_cache_file(const std::string& file) {
    const Json content = Json::parse(read_input(file), nullptr, false);
    if (!content.is_object()) refuse("'" + file + "' has no JSON object");
    tapescript::Cache cache;
    for (const auto& [key, entry] : content.items()) put(cache, key, entry);
    return cache;
}

nlohmann::ordered_json cache_json(const tapescript::Cache& cache) {
    Json object = Json::object();
    for (const auto& [key, value] : cache.named) object["str:" + key] = value_json(value);
    for (const auto& [key, value] : cache.written) {
        object["bytes:" + tapescript::to_hex(key)] = value_json(value);
    }
    return object;
}

std::string shown(const Value& value) {
    if (const auto* bytes = value.bytes()) return "0x" + tapescript::to_hex(*bytes);
    if (const auto* text = std::get_if<tapescript::Text>(&value)) {
        return "'" + printable(text->utf8) + "'";
    }
    const auto* items = value.list();
    if (!items) return value_json(value)[1].dump();
    std::string all = "[";
    for (const Value& item : *items) all += (all.size() > 1 ? ", " : "") + shown(item);
    return all + "]";
}

std::string shown(const tapescript::Cache& cache) {
    std::string lines;
    for (const auto& [key, value] : cache.named) {
        lines += "  " + printable(key) + ": " + shown(value) + "\n";
    }
    for (const auto& [key, value] : cache.written) {
        lines += "  0x" + tapescript::to_hex(key) + ": " + shown(value) + "\n";
    }
    return lines;
}

}  // namespace netaio::app

#include "tapescript_values.hpp"

#include <stdexcept>

namespace netaio::vectors {
namespace {

using tapescript::FlagKey;
using tapescript::Integer;
using tapescript::Text;

FlagKey flag_key(const Json& tagged) {
    const auto text = tagged.at("v").get<std::string>();
    return tagged.at("t") == "int" ? FlagKey(std::int64_t{std::stoll(text)}) : FlagKey(text);
}

tapescript::ValueList list_of(const Json& tagged) {
    tapescript::ValueList items;
    for (const Json& item : tagged.at("v")) {
        items.push_back(script_value(item));
    }
    return items;
}

}  // namespace

tapescript::Value script_value(const Json& tagged) {
    const auto type = tagged.at("t").get<std::string>();
    if (type == "list" || type == "tuple") return list_of(tagged);
    if (type == "int") return Integer(tagged.at("v").get<std::string>());
    const netaio::Value value = value_of(tagged);
    if (value.is_none()) return {};
    if (const auto boolean = value.as_bool()) return *boolean;
    if (const auto number = value.as_float()) return *number;
    if (const auto text = value.as_str()) return Text{std::string(*text)};
    if (const auto bytes = value.as_bytes()) return bytes->str();
    throw std::invalid_argument("no value of a cache: " + type);
}

tapescript::RunOptions run_options(const Json& one) {
    tapescript::RunOptions options;
    for (const Json& pair : one.value("cache", Json::array())) {
        const bool named = pair.at(0).at("t") == "str";
        auto& drawer = named ? options.cache.named : options.cache.written;
        const auto key = pair.at(0).at("v").get<std::string>();
        drawer.insert_or_assign(named ? key : from_hex(key), script_value(pair.at(1)));
    }
    for (const Json& pair : one.value("flags", Json::array())) {
        if (pair.at(0).at("t") == "bytes") continue;  // as the language does
        options.flags.insert_or_assign(flag_key(pair.at(0)), script_value(pair.at(1)));
    }
    const Json limits = one.value("limits", Json::object());
    options.limits.max_items = limits.value("max_items", options.limits.max_items);
    options.limits.max_item_size = limits.value("max_item_size", options.limits.max_item_size);
    options.limits.callstack = limits.value("callstack", options.limits.callstack);
    options.now = one.value("now", std::int64_t{1'700'000'000});
    return options;
}

}  // namespace netaio::vectors

#include "json.hpp"

#include <map>

#include "text.hpp"
#include "type_name.hpp"

namespace netaio::app {
namespace {

std::string text_of(ByteView bytes) {
    return is_utf8(bytes) ? bytes.str() : base64(bytes);
}

template <class Items>
Json array(const Items& items) {
    Json made = Json::array();
    for (const Value& item : items) made.push_back(value_json(item));
    return made;
}

// What fits one form of JSON or another, by type.
struct ToJson {
    Json operator()(const std::monostate&) const { return nullptr; }
    Json operator()(const Bytes& bytes) const { return text_of(bytes.data); }
    Json operator()(const ByteArray& bytes) const { return text_of(bytes.data); }
    Json operator()(const std::string& text) const { return text_of(text); }
    Json operator()(bool value) const { return value; }
    Json operator()(double value) const { return value; }
    Json operator()(const Decimal& value) const { return value.text(); }
    Json operator()(const Packable& value) const { return text_of(value.data); }
    Json operator()(const List& list) const { return array(list.items); }
    Json operator()(const Set& set) const { return array(set.items()); }
    Json operator()(const Tuple& tuple) const { return array(tuple.items); }
    Json operator()(const Integer& value) const {
        const auto number = value.to_int64();
        return number ? Json(*number) : Json(value.to_string());
    }
    Json operator()(const Dict& dict) const {
        // Packing puts entries in an order that means nothing to people.
        std::map<std::string, Json> sorted;
        for (const Dict::Entry& entry : dict) {
            const Json key = value_json(entry.key);
            sorted[key.is_string() ? key.get<std::string>() : key.dump()] = value_json(entry.value);
        }
        return sorted;
    }
};

}  // namespace

void put_bytes(Json& object, const char* text_key, const char* base64_key, ByteView bytes) {
    if (is_utf8(bytes)) {
        object[text_key] = bytes.str();
    } else {
        object[base64_key] = base64(bytes);
    }
}

Json head_json(const Message& message) {
    Json object;
    object["type"] = type_name(message.type());
    put_bytes(object, "uri", "uri_base64", message.uri());
    return object;
}

Json message_json(const Message& message) {
    Json object = head_json(message);
    put_bytes(object, "text", "base64", message.content());
    return object;
}

Json value_json(const Value& value) {
    return std::visit(ToJson(), value.data());
}

}  // namespace netaio::app

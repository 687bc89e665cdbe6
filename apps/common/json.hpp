#pragma once

#include <netaio/message.hpp>
#include <netaio/value.hpp>
#include <nlohmann/json.hpp>

namespace netaio::app {

using Json = nlohmann::ordered_json;

/// Adds bytes to an object: as they are when they are UTF-8, else as base64 under the other key.
void put_bytes(Json& object, const char* text_key, const char* base64_key, ByteView bytes);

/// A message's type and uri.
Json head_json(const Message& message);
/// A message's type, uri and content.
Json message_json(const Message& message);

/// A packify value. What JSON has no form for becomes text, and bytes that are no UTF-8 base64.
Json value_json(const Value& value);

}  // namespace netaio::app

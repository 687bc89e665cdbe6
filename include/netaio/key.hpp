#pragma once

#include <boost/container/static_vector.hpp>
#include <functional>
#include <netaio/address.hpp>
#include <netaio/message.hpp>
#include <optional>
#include <string>

namespace netaio {

/// The beginning of uris, as `prefix("room/")`. Bytes.
struct Prefix {
    std::string uri;
};
/// All uris that begin with this.
inline Prefix prefix(ByteView uri) {
    return {uri.str()};
}

/// What a handler is registered for: a message type, optionally with a uri or the beginning of one,
/// optionally with the address the message comes from (protocol.md §4). More specific keys win: a
/// whole uri before its beginnings, of these the longest, then the type alone.
struct Key {
    Key(MessageType message_type) : type(message_type) {}
    Key(MessageType message_type, ByteView for_uri)
        : type(message_type), uri(std::string(for_uri)) {}
    /// Message::rest() is then what follows the prefix.
    Key(MessageType message_type, Prefix for_uris)
        : type(message_type), uri(std::move(for_uris.uri)), is_prefix(true) {}
    Key(MessageType message_type, ByteView for_uri, const Address& for_source)
        : type(message_type), uri(std::string(for_uri)), from(for_source) {}

    MessageType type;
    std::optional<std::string> uri = std::nullopt;
    std::optional<Address> from = std::nullopt;
    bool is_prefix = false;  ///< the uri is the beginning of those it is for
};

/// A Key that owns nothing, as made for each message.
struct KeyView {
    MessageType type;
    std::optional<ByteView> uri = std::nullopt;
    const Address* from = nullptr;
    bool is_prefix = false;
};

/// The keys of one message, most specific first.
using KeyList = boost::container::static_vector<KeyView, 8>;

/// Finds the keys of a message; replaces the default, which gives (type, uri, from), (type, uri)
/// and (type). The views must point into the message, `from`, or something that outlives the
/// extractor. Called on every thread of a node at once.
using KeyExtractor = std::function<KeyList(const Message& message, const Address& from)>;

}  // namespace netaio

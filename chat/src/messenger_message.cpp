#include "messenger_message.hpp"

#include <sodium.h>

#include <algorithm>
#include <netaio/packify.hpp>
#include <utility>

#include "fields.hpp"

namespace netaio::chat {
namespace {

// A dict, and some more values than a message has that a later version may add.
constexpr UnpackLimits message_limits{.max_depth = 1, .max_values = 64};

// Things of one size, after each other.
template <class Thing>
std::string in_a_row(const std::vector<Thing>& things) {
    std::string bytes;
    for (const Thing& thing : things) bytes.append(ByteView(thing));
    return bytes;
}

template <class Thing>
Result<std::vector<Thing>> row_field(const Value& dict, std::string_view name) {
    std::vector<Thing> things;
    constexpr std::size_t size = std::tuple_size_v<Thing>;
    const auto bytes = bytes_field(dict, name, Receipt::max * size);
    if (!bytes || bytes->size() % size != 0) {
        return Errc::malformed;
    }
    for (std::size_t at = 0; at < bytes->size(); at += size) {
        std::copy_n(bytes->octets() + at, size, things.emplace_back().begin());
    }
    return things;
}

template <class Thing>
void add_newest(std::vector<Thing>& to, const std::vector<Thing>& from) {
    for (const Thing& thing : from) {
        if (std::ranges::find(to, thing) == to.end()) to.push_back(thing);
    }
    if (to.size() > Receipt::max) {
        to.erase(to.begin(), to.end() - Receipt::max);
    }
}

}  // namespace

EnvelopeHash envelope_hash(ByteView envelope) noexcept {
    EnvelopeHash hash;
    crypto_hash_sha256(hash.data(), envelope.octets(), envelope.size());
    return hash;
}

std::string PlainMessage::pack() const {
    return netaio::pack(Dict{{"id", Bytes(ByteView(id))},
                             {"kind", content.kind},
                             {"bytes", Bytes(content.bytes)},
                             {"at", at},
                             {"count", Bytes(count)},
                             {"number", number},
                             {"first", first}})
        .value();
}

Result<PlainMessage> PlainMessage::unpack(ByteView packed) {
    const auto value = netaio::unpack(packed, message_limits);
    if (!value) {
        return Errc::malformed;
    }
    const auto id = bytes_field(*value, "id", std::tuple_size_v<MessageId>);
    const Value* const kind_value = value->find("kind");
    const auto kind = kind_value ? kind_value->as_str() : std::nullopt;
    const auto bytes = bytes_field(*value, "bytes", content_size_max);
    const auto at = number_field<std::uint64_t>(*value, "at");
    const auto count = bytes_field(*value, "count", count_id_size);
    const auto number = number_field<std::uint64_t>(*value, "number");
    const auto first = number_field<std::uint64_t>(*value, "first");
    if (!id || id->size() != std::tuple_size_v<MessageId> || !kind || kind->empty() ||
        kind->size() > content_kind_max || !bytes || !at || !count || !number || !first) {
        return Errc::malformed;
    }
    const bool is_counted = count->size() == count_id_size && *first > 0 && *first <= *number;
    if (*kind != receipt_kind && !is_counted) {
        return Errc::malformed;
    }
    PlainMessage message{{},    {std::string(*kind), bytes->str()}, *at, count->str(), *number,
                         *first};
    std::copy_n(id->octets(), id->size(), message.id.begin());
    return message;
}

void Receipt::add(const Receipt& other) {
    add_newest(delivered, other.delivered);
    add_newest(read, other.read);
    add_newest(again, other.again);
}

std::string Receipt::pack() const {
    return netaio::pack(Dict{{"delivered", Bytes(in_a_row(delivered))},
                             {"read", Bytes(in_a_row(read))},
                             {"again", Bytes(in_a_row(again))}})
        .value();
}

Result<Receipt> Receipt::unpack(ByteView packed) {
    const auto value = netaio::unpack(packed, message_limits);
    if (!value) {
        return Errc::malformed;
    }
    auto delivered = row_field<MessageId>(*value, "delivered");
    auto read = row_field<MessageId>(*value, "read");
    auto again = row_field<EnvelopeHash>(*value, "again");
    if (!delivered || !read || !again) {
        return Errc::malformed;
    }
    return Receipt{std::move(*delivered), std::move(*read), std::move(*again)};
}

}  // namespace netaio::chat

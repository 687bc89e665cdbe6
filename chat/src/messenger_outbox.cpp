#include "messenger_outbox.hpp"

#include <algorithm>

#include "messenger_correspondent.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view outbox_kind = "outbox";
constexpr std::string_view index_kind = "outbox.index";
constexpr std::string_view size_kind = "outbox.size";
constexpr std::uint8_t waiting_version = 1;

std::string octets_of(std::uint64_t number) {
    SecretWriter writer;
    writer.add_number(number);
    return writer.bytes().str();
}

// A message's name, and that of what leads to it.
std::string waiting_name(const PublicKey& to, std::uint64_t number) {
    return to.bytes().str() + octets_of(number);
}
std::string id_index(const PublicKey& to, const MessageId& id) {
    return ("i" + to.bytes().str()).append(ByteView(id));
}
std::string envelope_index(const PublicKey& to, const EnvelopeHash& hash) {
    return ("e" + to.bytes().str()).append(ByteView(hash));
}
std::string parcel_index(std::uint64_t parcel) {
    return "p" + octets_of(parcel);
}

// Where it is counted how many bytes wait for somebody.
std::string bytes_name(const PublicKey& to) {
    return "b" + to.bytes().str();
}

std::uint64_t number_at(const Vault& vault, ByteView name) {
    const auto saved = vault.get(size_kind, name);
    return saved ? SecretReader(*saved).take_number<std::uint64_t>() : 0;
}

void add_at(Vault& vault, ByteView name, std::uint64_t more, std::uint64_t less) {
    const std::uint64_t number = number_at(vault, name) + more - less;
    if (number == 0) {
        vault.erase(size_kind, name);
    } else {
        vault.put(size_kind, name, octets_of(number));
    }
}

std::size_t size_of(const WaitingMessage& message) noexcept {
    return message.content.bytes.size() + message.envelope.size();
}

void write_text_of(SecretWriter& writer, ByteView text) {
    writer.add_number(static_cast<std::uint32_t>(text.size())).add(text);
}

std::string read_text_of(SecretReader& reader) {
    return reader.take(reader.take_number<std::uint32_t>()).str();
}

WaitingMessage read_waiting(ByteView saved) {
    SecretReader reader(saved);
    const bool is_ours = reader.take_number<std::uint8_t>() == waiting_version;
    const auto to = PublicKey::parse(reader.take(key_size));
    const auto number = reader.take_number<std::uint64_t>();
    const ByteView id = reader.take(std::tuple_size_v<MessageId>);
    if (!is_ours || !to || reader.failed()) refuse_kept("a message");
    WaitingMessage message{*to, number, {}, reader.take_number<std::uint64_t>(), {}};
    std::copy_n(id.octets(), id.size(), message.id.begin());
    message.content.kind = read_text_of(reader);
    message.content.bytes = read_text_of(reader);
    message.parcel = reader.take_number<std::uint64_t>();
    message.session = reader.take_number<std::uint64_t>();
    message.envelope = read_text_of(reader);
    message.is_at_relay = reader.take_number<std::uint8_t>() != 0;
    message.asked_again = reader.take_number<std::uint8_t>();
    if (!reader.is_done()) refuse_kept("a message");
    return message;
}

}  // namespace

bool Outbox::has_room(const PublicKey& to, std::size_t size) const {
    return number_at(vault_, to.bytes()) < waiting_messages_max &&
           number_at(vault_, bytes_name(to)) + size <= waiting_bytes_of_one_max &&
           number_at(vault_, "bytes") + size <= waiting_bytes_max;
}

void Outbox::count_bytes(const PublicKey& to, std::uint64_t more, std::uint64_t less) {
    add_at(vault_, "bytes", more, less);
    add_at(vault_, bytes_name(to), more, less);
}

std::uint64_t Outbox::next_parcel() {
    add_at(vault_, "parcel", 1, 0);
    return number_at(vault_, "parcel");
}

void Outbox::put(const WaitingMessage& message) {
    const std::string name = waiting_name(message.to, message.number);
    SecretWriter writer;
    writer.add_number(waiting_version).add(message.to.bytes()).add_number(message.number);
    writer.add(message.id).add_number(message.at);
    write_text_of(writer, message.content.kind);
    write_text_of(writer, message.content.bytes);
    writer.add_number(message.parcel).add_number(message.session);
    write_text_of(writer, message.envelope);
    writer.add_number(static_cast<std::uint8_t>(message.is_at_relay));
    writer.add_number(message.asked_again);
    vault_.put(outbox_kind, name, writer.bytes());
    if (!message.envelope.empty()) {
        const EnvelopeHash hash = envelope_hash(message.envelope);
        vault_.put(index_kind, envelope_index(message.to, hash), name);
        vault_.put(index_kind, parcel_index(message.parcel), name);
    }
}

// What leads to its envelope.
void Outbox::remove(const WaitingMessage& message) {
    if (!message.envelope.empty()) {
        const EnvelopeHash hash = envelope_hash(message.envelope);
        vault_.erase(index_kind, envelope_index(message.to, hash));
        vault_.erase(index_kind, parcel_index(message.parcel));
    }
}

void Outbox::add(const WaitingMessage& message) {
    put(message);
    vault_.put(index_kind, id_index(message.to, message.id),
               waiting_name(message.to, message.number));
    add_at(vault_, message.to.bytes(), 1, 0);
    count_bytes(message.to, size_of(message), 0);
}

void Outbox::change(const WaitingMessage& before, const WaitingMessage& after) {
    remove(before);
    put(after);
    count_bytes(after.to, size_of(after), size_of(before));
}

void Outbox::erase(const WaitingMessage& message) {
    remove(message);
    vault_.erase(outbox_kind, waiting_name(message.to, message.number));
    vault_.erase(index_kind, id_index(message.to, message.id));
    add_at(vault_, message.to.bytes(), 0, 1);
    count_bytes(message.to, 0, size_of(message));
}

bool Outbox::has(const PublicKey& to, std::uint64_t number) const {
    return vault_.get(outbox_kind, waiting_name(to, number)).has_value();
}

std::optional<WaitingMessage> Outbox::find(const PublicKey& to, std::uint64_t number) const {
    const auto saved = vault_.get(outbox_kind, waiting_name(to, number));
    return saved ? std::optional(read_waiting(*saved)) : std::nullopt;
}

std::optional<WaitingMessage> Outbox::indexed(const std::string& index) const {
    const auto name = vault_.get(index_kind, index);
    const auto saved = name ? vault_.get(outbox_kind, *name) : std::nullopt;
    return saved ? std::optional(read_waiting(*saved)) : std::nullopt;
}

std::optional<WaitingMessage> Outbox::find(const PublicKey& to, const MessageId& id) const {
    return indexed(id_index(to, id));
}

std::optional<WaitingMessage> Outbox::of_envelope(const PublicKey& to,
                                                  const EnvelopeHash& hash) const {
    return indexed(envelope_index(to, hash));
}

std::optional<WaitingMessage> Outbox::of_parcel(std::uint64_t parcel) const {
    return indexed(parcel_index(parcel));
}

void Outbox::each(const std::function<void(const WaitingMessage&)>& visit) const {
    vault_.each(outbox_kind, [&](ByteView, ByteView saved) { visit(read_waiting(saved)); });
}

}  // namespace netaio::chat

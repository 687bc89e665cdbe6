#include <algorithm>
#include <netaio/chat/envelope.hpp>

#include "messenger_impl.hpp"

namespace netaio::chat {
namespace {

// How long after a session began there is no other begun for what cannot be opened: what was on its
// way comes late.
constexpr std::uint64_t renewal_pause = 3'600;
// How often a message is sealed anew in one session because the other end asks for that.
constexpr std::uint8_t asked_again_max = 5;

constexpr std::string_view read_state = "read";

bool is_session_kind(std::string_view kind) {
    return kind == "x3dh" || kind == "ratchet";
}

MessageId id_of(ByteView bytes) {
    MessageId id{};
    std::ranges::copy(bytes.substr(0, id.size()), id.begin());
    return id;
}

}  // namespace

std::error_code Messenger::Impl::refuse(Errc why, std::string text, std::optional<PublicKey> from) {
    notice(Notice::Kind::refused, std::move(text), from);
    return why;
}

std::error_code Messenger::Impl::receive(ByteView envelope) {
    const auto inside = open_envelope(identity_, envelope);
    if (!inside) {
        notice(Notice::Kind::refused,
               "something came that is for somebody else, or was changed on its way", {});
        return inside.error();
    }
    const auto letter = Letter::unpack(*inside);
    if (!letter || letter->from == identity_.public_key()) {
        return refuse(Errc::malformed, "something came that is no message");
    }
    if (!is_session_kind(letter->kind)) {
        return refuse(Errc::unsupported, "something came that only a later version can read");
    }
    const EnvelopeHash hash = envelope_hash(envelope);
    auto known = Person::find(vault_, letter->from);
    if (const auto id = envelopes_of(letter->from).find(hash); known && id) {
        const auto state = messages_of(letter->from).find(*id);
        return came_before(letter->from, *id, state.value_or(""));
    }
    Person from = known ? *known : Person(letter->from, *environment_.random);
    const auto opened = sessions_.open(from, *letter);
    if (!opened) {
        return cannot_open(*letter, known, hash, opened.error());
    }
    if (opened->is_new_session) seal_all(from);

    const auto message = Message::unpack(opened->text);
    const bool is_content = message && message->content.kind != receipt_kind;
    envelopes_of(from.key).put(hash, is_content ? ByteView(message->id) : ByteView());
    std::error_code result;
    if (!message) {
        result = refuse(Errc::malformed, "a message came that makes no sense", from.key);
    } else {
        result = is_content ? came(from, *message) : receipt_came(from, *message);
    }
    from.save(vault_);
    return result;
}

// Nobody knows whether it is from whom it says; if it is, a message is stuck unless they hear of
// it.
std::error_code Messenger::Impl::cannot_open(const Letter& letter,
                                             const std::optional<Person>& known,
                                             const EnvelopeHash& hash, std::error_code why) {
    if (known && !known->sessions.empty()) {
        receipts_.owe(letter.from, {.again = {hash}});
    }
    if (why == Errc::replayed) {
        return why;
    }
    const std::uint64_t last_begun = known ? known->last_begun_at() : 0;
    // A clock that was set back must not keep a session that opens nothing.
    const bool is_recent =
        last_begun <= prekeys_.now() && prekeys_.now() < last_begun + renewal_pause;
    if (!is_recent) want_renewal(letter.from, hash);
    const auto place = known ? std::optional(letter.from) : std::nullopt;
    if (why == Errc::stale) {
        notice(Notice::Kind::prekey_again,
               "somebody began with a one-time key that was used before: whoever handed it out may "
               "have done so twice",
               place);
        return why;
    }
    return refuse(Errc::auth_failed,
                  "a message came that does not prove whom it is from, or that was written for "
                  "keys that are gone",
                  place);
}

// The receipt was lost, or is on its way.
std::error_code Messenger::Impl::came_before(const PublicKey& from, ByteView id,
                                             std::string_view state) {
    if (id.size() == std::tuple_size_v<MessageId>) {
        Receipt receipt{.delivered = {id_of(id)}};
        if (state == read_state) receipt.read = receipt.delivered;
        receipts_.owe(from, receipt);
    }
    return Errc::replayed;
}

std::error_code Messenger::Impl::came(Person& from, const Message& message) {
    Memory messages = messages_of(from.key);
    if (const auto state = messages.find(message.id)) {
        return came_before(from.key, message.id, *state);
    }
    messages.put(message.id, {});
    receipts_.owe(from.key, {.delivered = {message.id}});
    const std::uint64_t missing = from.take_number(message.count, message.number, message.first);
    if (missing > 0) {
        notice(Notice::Kind::missing,
               missing == 1 ? "one message before this has not come"
                            : std::to_string(missing) + " messages before this have not come",
               from.key);
    }
    to_tell_.push_back([this, key = from.key, message] {
        if (events_.came) events_.came(key, message.id, message.at, message.content);
    });
    return {};
}

std::error_code Messenger::Impl::receipt_came(Person& from, const Message& message) {
    const auto receipt = Receipt::unpack(message.content.bytes);
    if (!receipt) {
        return refuse(Errc::malformed, "a receipt came that makes no sense", from.key);
    }
    for (const MessageId& id : receipt->delivered) {
        if (const auto waiting = outbox_.find(from.key, id)) {
            outbox_.erase(*waiting);
            delivered_to(from.key).put(id, {});
            mark(*waiting, Mark::delivered);
        }
    }
    for (const MessageId& id : receipt->read) {
        marked_read(from.key, id);
    }
    for (const EnvelopeHash& hash : receipt->again) {
        const auto waiting = outbox_.of_envelope(from.key, hash);
        if (!waiting) {
            receipts_.drop(from.key, hash);
            continue;
        }
        const bool is_other_session = waiting->session != from.session()->id;
        const std::uint8_t asked = is_other_session ? 0 : waiting->asked_again;
        if (asked < asked_again_max) {
            seal(from, *waiting, static_cast<std::uint8_t>(asked + 1));
        }
    }
    return {};
}

void Messenger::Impl::marked_read(const PublicKey& to, const MessageId& id) {
    const auto waiting = outbox_.find(to, id);
    if (waiting) outbox_.erase(*waiting);
    Memory delivered = delivered_to(to);
    const auto state = delivered.find(id);
    if (waiting || (state && state->empty())) {
        delivered.put(id, read_state);
        to_tell_.push_back([this, to, id] {
            if (events_.marked) events_.marked(to, id, Mark::read);
        });
    }
}

}  // namespace netaio::chat

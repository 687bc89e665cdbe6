#include <algorithm>
#include <netaio/packify.hpp>
#include <stdexcept>

#include "messenger_impl.hpp"

namespace netaio::chat {
namespace {

// Whose prekeys are wanted: for messages that wait (no value), or for what cannot be opened (the
// hash of its envelope).
constexpr std::string_view wanted_kind = "messenger.wanted";
// Anybody can send what cannot be opened.
constexpr std::size_t renewals_max = 100;

void check_kind(const std::string& kind) {
    if (kind.empty() || kind.size() > content_kind_max || !pack(kind)) {
        throw std::invalid_argument("a message's kind is a word of 1 to " +
                                    std::to_string(content_kind_max) + " bytes of UTF-8");
    }
    if (kind == receipt_kind) {
        throw std::invalid_argument(
            "messages of the kind 'receipt' are a messenger's own: choose another kind");
    }
}

}  // namespace

Messenger::Impl::Impl(const Identity& identity, Vault& vault, Environment environment,
                      MessengerEvents events)
    : identity_(identity),
      vault_(vault),
      environment_(std::move(environment)),
      events_(std::move(events)),
      prekeys_(identity_, vault_, environment_),
      sessions_(identity_, vault_, prekeys_, environment_),
      outbox_(vault_),
      receipts_(vault_) {}

Result<MessageId> Messenger::Impl::send(const PublicKey& to, const Content& content) {
    check_kind(content.kind);
    if (to == identity_.public_key()) {
        return Errc::unsupported;
    }
    if (content.bytes.size() > content_size_max) {
        return Errc::too_large;
    }
    // Twice, as it is kept sealed as well.
    if (!outbox_.has_room(to, 2 * content.bytes.size())) {
        return Errc::queue_full;
    }
    Correspondent person = Correspondent::find_or_make(vault_, to, *environment_.random);
    WaitingMessage message{to, ++person.sent, {}, prekeys_.now(), content};
    std::string drawn(message.id.size(), '\0');
    environment_.random->fill(drawn);
    std::ranges::copy(drawn, message.id.begin());
    outbox_.add(message);
    if (person.session()) {
        seal(person, message);
    } else {
        want(to);
    }
    person.save(vault_);
    return message.id;
}

void Messenger::Impl::seal(Correspondent& to, const WaitingMessage& message,
                           std::uint8_t asked_again) {
    while (to.first < to.sent && !outbox_.has(to.key, to.first)) ++to.first;
    auto [envelope, session] =
        sessions_.seal(to, {message.id, message.content, message.at, to.count, message.number,
                            std::min(to.first, message.number)});
    WaitingMessage sealed = message;
    sealed.parcel = outbox_.next_parcel();
    sealed.session = session;
    sealed.envelope = std::move(envelope);
    sealed.asked_again = asked_again;
    outbox_.change(message, sealed);
}

// In the session that there is now, whatever they were sealed in before.
void Messenger::Impl::seal_all(Correspondent& to) {
    for (std::uint64_t number = to.first; number <= to.sent; ++number) {
        if (const auto message = outbox_.find(to.key, number)) seal(to, *message);
    }
    receipts_.owe_again(to.key);
    vault_.erase(wanted_kind, to.key.bytes());
}

void Messenger::Impl::want(const PublicKey& whom) {
    vault_.put(wanted_kind, whom.bytes(), {});
}

void Messenger::Impl::want_renewal(const PublicKey& whom, const EnvelopeHash& for_envelope) {
    if (vault_.get(wanted_kind, whom.bytes())) {
        return;
    }
    std::vector<std::string> renewals;
    vault_.each(wanted_kind, [&](ByteView name, ByteView envelope) {
        if (!envelope.empty()) renewals.push_back(name.str());
    });
    if (renewals.size() >= renewals_max) vault_.erase(wanted_kind, renewals.front());
    vault_.put(wanted_kind, whom.bytes(), for_envelope);
}

std::vector<PublicKey> Messenger::Impl::wants_bundle() const {
    std::vector<PublicKey> people;
    vault_.each(wanted_kind, [&](ByteView name, ByteView) {
        const auto key = PublicKey::parse(name);
        if (!key) refuse_kept("a person");
        people.push_back(*key);
    });
    return people;
}

std::error_code Messenger::Impl::bundle_came(const PrekeyBundle& bundle) {
    const PublicKey& of = bundle.identity;
    if (const auto error = bundle.verify(prekeys_.now())) {
        if (error == Errc::auth_failed) {
            (void)refuse(Errc::auth_failed, "keys came to begin with that are not signed by them",
                         of);
        }
        return error;
    }
    const auto wanted = vault_.get(wanted_kind, of.bytes());
    auto known = Correspondent::find(vault_, of);
    if (of == identity_.public_key() || (!wanted && !known)) {
        return {};
    }
    Correspondent person = known ? std::move(*known) : Correspondent(of, *environment_.random);
    if (bundle.signed_prekey.made_at < person.prekey_made_at) {
        notice(Notice::Kind::prekey_again,
               "older keys than before came to begin with: whoever keeps them may hold back new "
               "ones",
               of);
        return Errc::stale;
    }
    person.prekey_made_at = bundle.signed_prekey.made_at;
    if (wanted) {
        if (const auto error = sessions_.begin(person, bundle)) {
            return error;
        }
        if (!wanted->empty()) {
            Receipt receipt;
            std::ranges::copy(ByteView(*wanted), receipt.again.emplace_back().begin());
            receipts_.owe(of, receipt);
        }
        seal_all(person);
    }
    person.save(vault_);
    return {};
}

void Messenger::Impl::say_read(const PublicKey& from, const MessageId& id) {
    RecentKeys messages = messages_of(from);
    const auto state = messages.find(id);
    if (state && state->empty()) {
        messages.put(id, "read");
        receipts_.owe(from, {.read = {id}});
    }
}

std::vector<Parcel> Messenger::Impl::parcels() {
    for (const PublicKey& to : receipts_.owed()) {
        auto person = Correspondent::find(vault_, to);
        if (!person || !person->session()) {
            continue;
        }
        receipts_.seal(to, [&](const Receipt& receipt) {
            const PlainMessage message{
                {}, {std::string(receipt_kind), receipt.pack()}, prekeys_.now()};
            return Parcel{outbox_.next_parcel(), to, sessions_.seal(*person, message).envelope};
        });
    }
    std::vector<Parcel> all = receipts_.parcels();
    outbox_.each([&](const WaitingMessage& message) {
        if (!message.envelope.empty()) {
            all.push_back({message.parcel, message.to, message.envelope});
        }
    });
    std::ranges::sort(all, {}, &Parcel::number);
    return all;
}

void Messenger::Impl::is_at_relay(std::uint64_t parcel) {
    if (const auto message = outbox_.of_parcel(parcel)) {
        if (!message->is_at_relay) {
            WaitingMessage kept = *message;
            kept.is_at_relay = true;
            outbox_.change(*message, kept);
            mark(kept, Mark::at_relay);
        }
    } else {
        receipts_.let_go(parcel);
    }
}

void Messenger::Impl::was_taken(std::uint64_t parcel) {
    receipts_.let_go(parcel);
}

void Messenger::Impl::notice(Notice::Kind kind, std::string text, std::optional<PublicKey> from) {
    std::optional<Place> place;
    if (from) place = *from;
    to_tell_.push_back([this, told = Notice{kind, std::move(place), std::move(text)}] {
        if (events_.noticed) events_.noticed(told);
    });
}

void Messenger::Impl::mark(const WaitingMessage& message, Mark mark) {
    to_tell_.push_back([this, to = message.to, id = message.id, mark] {
        if (events_.marked) events_.marked(to, id, mark);
    });
}

// Calls within come with their own.
void Messenger::Impl::tell() {
    for (const auto& event : std::exchange(to_tell_, {})) event();
}

}  // namespace netaio::chat

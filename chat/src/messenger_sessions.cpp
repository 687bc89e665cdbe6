#include "messenger_sessions.hpp"

#include <sodium.h>

#include <algorithm>
#include <netaio/chat/envelope.hpp>
#include <netaio/packify.hpp>

#include "fields.hpp"
#include "recent_keys.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view session_kind = "messenger.session";
constexpr std::string_view x3dh_kind = "x3dh";
constexpr std::string_view ratchet_kind = "ratchet";
constexpr UnpackLimits body_limits{.max_depth = 3, .max_values = 64};

std::string session_name(const Correspondent& with, std::uint64_t id) {
    SecretWriter writer;
    writer.add(with.key.bytes()).add_number(id);
    return writer.bytes().str();
}

Result<RatchetMessage> ratchet_message(const Value* value) {
    return value ? RatchetMessage::from_value(*value) : Errc::malformed;
}

}  // namespace

Sessions::Sessions(const Identity& own, Vault& vault, PrekeyShelf& prekeys, Environment environment)
    : own_(own), vault_(vault), prekeys_(prekeys), environment_(std::move(environment)) {}

Ratchet Sessions::load(const Correspondent& with, const SessionHead& session) const {
    auto saved = vault_.get(session_kind, session_name(with, session.id));
    if (!saved) refuse_kept("no keys of a session");
    auto ratchet = Ratchet::load(*saved);
    sodium_memzero(saved->data(), saved->size());
    if (!ratchet) refuse_kept("a session");
    return std::move(*ratchet);
}

void Sessions::save(const Correspondent& with, const SessionHead& session, const Ratchet& ratchet) {
    vault_.put(session_kind, session_name(with, session.id), ratchet.save().reveal());
}

void Sessions::add(Correspondent& with, SessionHead session, const Ratchet& ratchet) {
    session.id = ++with.last_session;
    session.used = ++with.last_used;
    save(with, session, ratchet);
    with.sessions.push_back(std::move(session));
    if (with.sessions.size() > max) {
        const auto oldest = std::ranges::min_element(with.sessions, {}, &SessionHead::used);
        vault_.erase(session_kind, session_name(with, oldest->id));
        with.sessions.erase(oldest);
    }
}

std::error_code Sessions::begin(Correspondent& with, const PrekeyBundle& bundle) {
    Random& random = *environment_.random;
    const auto begun = x3dh_begin(own_, bundle, prekeys_.now(), random);
    if (!begun) {
        return begun.error();
    }
    const auto ratchet = Ratchet::begin(begun->secret.shared, begun->their_prekey, random);
    if (!ratchet) {
        return ratchet.error();
    }
    add(with,
        {0, begun->secret.associated_data, begun->header.ephemeral, prekeys_.now(), 0,
         begun->header},
        *ratchet);
    return {};
}

Sessions::Sealed Sessions::seal(Correspondent& to, const PlainMessage& message) {
    const SessionHead& session = *to.session();
    Ratchet ratchet = load(to, session);
    const Value encrypted = ratchet.encrypt(message.pack(), session.associated).value().to_value();
    save(to, session, ratchet);
    Letter letter{own_.public_key(), std::string(ratchet_kind), {}};
    if (session.header) {
        letter.kind = x3dh_kind;
        letter.body =
            pack(Dict{{"header", session.header->to_value()}, {"message", encrypted}}).value();
    } else {
        letter.body = pack(encrypted).value();
    }
    return {seal_envelope(to.key, letter.pack(), *environment_.random).value(), session.id};
}

Result<Sessions::Opened> Sessions::open(Correspondent& from, const Letter& letter) {
    const auto body = unpack(letter.body, body_limits);
    if (!body) {
        return Errc::auth_failed;
    }
    if (letter.kind == x3dh_kind) {
        const Value* const header_value = body->find("header");
        const auto header = header_value ? X3dhHeader::from_value(*header_value)
                                         : Result<X3dhHeader>(Errc::malformed);
        const auto message = ratchet_message(body->find("message"));
        if (!header || !message || header->identity != letter.from) {
            return Errc::auth_failed;
        }
        if (SessionHead* const session = from.session_begun_with(header->ephemeral)) {
            return open_in(from, *session, *message);
        }
        return answer(from, *header, *message);
    }
    const auto message = ratchet_message(&*body);
    if (letter.kind != ratchet_kind || !message) {
        return Errc::auth_failed;
    }
    bool is_replayed = false;
    for (SessionHead& session : from.sessions) {
        auto opened = open_in(from, session, *message);
        if (opened) {
            return opened;
        }
        is_replayed = is_replayed || opened.error() == Errc::replayed;
    }
    return is_replayed ? Errc::replayed : Errc::auth_failed;
}

Result<Sessions::Opened> Sessions::open_in(Correspondent& from, SessionHead& session,
                                           const RatchetMessage& message) {
    Ratchet ratchet = load(from, session);
    auto text = ratchet.decrypt(message, session.associated, *environment_.random);
    if (!text) {
        return text.error() == Errc::replayed ? Errc::replayed : Errc::auth_failed;
    }
    save(from, session, ratchet);
    session.used = ++from.last_used;
    session.header.reset();
    return Opened{std::move(*text), false};
}

Result<Sessions::Opened> Sessions::answer(Correspondent& from, const X3dhHeader& header,
                                          const RatchetMessage& message) {
    RecentKeys answered(vault_, "begun", from.key);
    if (answered.find(header.ephemeral.bytes())) {
        return Errc::replayed;
    }
    Prekeys prekeys = prekeys_.load();
    const auto secret = x3dh_answer(own_, prekeys, header);
    if (!secret) {
        return secret.error() == Errc::replayed ? Errc::stale : Errc::auth_failed;
    }
    Ratchet ratchet = Ratchet::answer(secret->secret.shared, secret->own_prekey);
    const std::string& associated = secret->secret.associated_data;
    auto text = ratchet.decrypt(message, associated, *environment_.random);
    if (!text) {
        return Errc::auth_failed;
    }
    if (header.one_time_prekey) {
        (void)prekeys.take(*header.one_time_prekey);
        prekeys_.save(prekeys);
    }
    answered.put(header.ephemeral.bytes(), {});
    add(from, {0, associated, header.ephemeral, prekeys_.now(), 0}, ratchet);
    return Opened{std::move(*text), true};
}

}  // namespace netaio::chat

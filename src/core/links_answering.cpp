#include "links.hpp"
#include "outgoing.hpp"

/// How sessions over datagrams are answered that others ask for.
namespace netaio::core {
namespace {

// How many handshakes may go on that others began.
constexpr std::size_t pending_max = 1024;

}  // namespace

using datagram_handshake::Answerer;
using datagram_handshake::Asked;

std::optional<OwnedMessage> Links::shake_hands(const Message& asked, const Address& from) {
    const auto question = Asked::read(asked.content());
    if (!question) {
        return refuse(from, "what is asked is none");
    }
    if (question->choice) {
        if (many_ask() &&
            !cookies_.prove(from, question->tag, {question->said, question->message}, now())) {
            return OwnedMessage(
                MessageType::respond_uri, session_uri,
                datagram_handshake::cookie_answer(cookies_.of(from, now(), random())));
        }
        if (!is_affordable(from)) {
            return std::nullopt;
        }
    }
    auto secret = session_secret(node_.outer.get(), &asked.vouched().outer);
    return question->choice ? first_question(*question, std::move(secret), from)
                            : second_question(*question, secret, from);
}

std::optional<OwnedMessage> Links::refuse(const Address& from, std::string_view why) {
    tallies_.sessions_refused.add();
    node_.log(LogLevel::warning, "no session: " + std::string(why), from);
    return about(session_uri, OwnedMessage(MessageType::auth_error, "ERROR", "no session"));
}

// Where many ask, only those are answered who show that they get what is sent to them.
bool Links::many_ask() {
    return *load_.tokens(Address(), now()) < load_.burst() / 2 ||
           pending_.size() >= pending_max / 2;
}

// Whether there is time for it; where many ask, only for so many of each host.
bool Links::is_affordable(const Address& from) {
    return (!many_ask() || hosts_.allow(from, now())) && load_.allow(Address(), now());
}

std::optional<OwnedMessage> Links::first_question(const Asked& question, SessionSecret secret,
                                                  const Address& from) {
    const auto asks = by_index_.find(question.index);
    if (asks != by_index_.end() && asks->second->asking &&
        asks->second->asking->index == question.index) {
        return refuse(from, "it is what this node asks itself");  // somebody sends it back
    }
    const Index own = new_index();
    Answerer answerer(question, terms(), secret.psk, own, random());
    const auto content = answerer.answer(question);
    if (!content) {
        return refuse(from, said_of_handshake(content.error()));
    }
    std::list<Index> place{own};  // so that what throws below leaves nothing behind
    Pending pending{.from = from, .place = place.begin(), .other = question.index, .began = now()};
    pending.who.secret = std::move(secret);
    if (answerer.finished()) {
        auto agreed = answerer.agreed();
        const auto* const before = asked_at_.find(agreed.key);
        if (before && answerer.asked_at() <= *before) {
            return refuse(from, "it was asked for before");
        }
        if (const auto why = why_not({from, agreed.key, agreed.lasting})) {
            return refuse(from, *why);
        }
        asked_at_.at(agreed.key) = answerer.asked_at();
        pending.who.key = agreed.key;
        pending.who.lasting = agreed.lasting;
        pending.session =
            std::make_unique<DatagramSession>(DatagramSession::Indexes{own, pending.other},
                                              std::move(agreed.keys), false, pending.began);
    } else {
        pending.answerer.emplace(std::move(answerer));
    }
    if (pending_.size() >= pending_max) {
        take_pending(pending_.find(pending_order_.front()));
    }
    pending_.emplace(own, std::move(pending));
    pending_order_.splice(pending_order_.end(), place);
    owner_.due_sooner();
    return OwnedMessage(MessageType::respond_uri, session_uri, *content);
}

std::optional<OwnedMessage> Links::second_question(const Asked& question,
                                                   const SessionSecret& secret,
                                                   const Address& from) {
    const auto found = pending_.find(question.index);
    if (found == pending_.end() || !found->second.answerer || found->second.from != from) {
        return refuse(from, "what it goes on with was not begun");
    }
    Pending& pending = found->second;
    // By a copy: what does not fit may be somebody else's, who saw the index.
    auto answerer = *pending.answerer;
    const auto error = secret.psk.bytes == pending.who.secret.psk.bytes
                           ? answerer.take(question)
                           : make_error_code(Errc::auth_failed);
    if (error) {
        return refuse(from, said_of_handshake(error));
    }
    auto agreed = answerer.agreed();
    if (const auto why = why_not({from, agreed.key, agreed.lasting})) {
        take_pending(found);
        return refuse(from, *why);
    }
    pending.answerer.reset();
    pending.who.key = agreed.key;
    pending.who.lasting = agreed.lasting;
    pending.session =
        std::make_unique<DatagramSession>(DatagramSession::Indexes{question.index, pending.other},
                                          std::move(agreed.keys), false, now());
    prove(found);  // whose first sealed datagram is the answer
    return std::nullopt;
}

// Why somebody is not admitted, if so.
std::optional<std::string> Links::why_not(const SessionPeer& peer) const {
    const auto expected = terms().expected(peer.address.str());
    if (!expected) {
        return expected.error().message();
    }
    const auto refused = terms().refusal(*expected, peer);
    return refused ? std::optional(refused->why) : std::nullopt;
}

Links::PendingOnes::node_type Links::take_pending(PendingOnes::iterator pending) noexcept {
    pending_order_.erase(pending->second.place);
    return pending_.extract(pending);
}

// Who asked has the key of the session: it takes the place of the one before.
std::shared_ptr<Link> Links::prove(PendingOnes::iterator found) {
    const auto pending = take_pending(found);
    Pending& proved = pending.mapped();
    auto link = link_at(proved.from);
    link = link ? link : make(proved.from);
    return establish(link, std::move(proved.session), proved.who, Sent::unanswered);
}

}  // namespace netaio::core

#include "relay.hpp"

#include <netaio/reply.hpp>

namespace netaio::chat_app {
namespace {

// An answer has room for so many bytes of envelopes and what is around them.
constexpr std::size_t fetched_bytes_max = 60'000;
constexpr std::size_t fetched_overhead = 64;

[[noreturn]] void refuse(std::error_code error) {
    if (error == Errc::queue_full) {
        throw Refusal::error("there is no room for this now; try again later");
    }
    if (error == Errc::too_large) throw Refusal::error("this is too large");
    if (error == Errc::malformed) throw Refusal::error("this makes no sense");
    throw Refusal::error("the relay cannot use its disk now; try again later");
}

template <class T>
T given(Result<T> result) {
    if (!result) refuse(result.error());
    return std::move(*result);
}

chat::MailboxName mailbox_meant(const Message& message) {
    return given(mailbox_named(message.rest()));
}

// Nobody is spoken to without a session. Whoever has one may be anybody: whose a mailbox is, is
// proven within.
RelayOptions with_sessions(RelayOptions options) {
    options.server.session = {.policy = SessionPolicy::require,
                              .seed = options.seed,
                              .admits = [](const SessionPeer&) { return true; }};
    return options;
}

std::string connection_counted(const Connection& connection) {
    return std::to_string(connection.id());
}

}  // namespace

Relay::Relay(const boost::asio::any_io_executor& executor, RelayOptions options)
    : options_(with_sessions(std::move(options))),
      key_(session_key(options_.seed)),
      environment_(options_.server.environment),
      mailboxes_(options_.file, options_.mailboxes, environment_),
      connection_bytes_(options_.connection_bytes),
      host_bytes_(options_.host_bytes),
      host_bytes_a_day_(options_.host_bytes_a_day),
      connection_prekeys_(options_.connection_prekeys),
      host_prekeys_(options_.host_prekeys),
      mailbox_prekeys_(options_.mailbox_prekeys),
      connection_questions_(options_.connection_questions),
      host_questions_(options_.host_questions),
      timer_(executor),
      server_(executor, options_.server) {
    hear();
}

std::error_code Relay::start() {
    expire_in_time();
    return server_.start();
}

void Relay::stop(std::chrono::milliseconds deadline, std::function<void(StopReport)> stopped) {
    timer_.cancel();
    server_.stop(deadline, [stopped = std::move(stopped)](const boost::system::error_code&,
                                                          StopReport report) { stopped(report); });
}

void Relay::hear() {
    // Connections may outlive the server for a moment.
    server_.set_disconnect_handler(lifetime_.guard([this](const Connection& gone, std::error_code) {
        guests_.erase(gone.id());
        // Else many short connections would leave no room for others.
        for (Allowances* const each :
             {&connection_bytes_, &connection_prekeys_, &connection_questions_}) {
            each->forget(connection_counted(gone));
        }
    }));
    server_.on({request_uri, challenge_uri},
               [this](const Message&, Connection& from) { return challenge(from); });
    const Prefix mailboxes = prefix(mailbox_uris);
    const Prefix prekeys = prefix(prekeys_uris);
    server_.on(create_uri, mailboxes,
               [this](const Message& message, Connection& from) { put(message, from); });
    server_.on(subscribe_uri, mailboxes,
               [this](const Message& message, Connection& from) { subscribe(message, from); });
    server_.on(unsubscribe_uri, mailboxes,
               [this](const Message& message, Connection& from) { unsubscribe(message, from); });
    server_.on(request_uri, mailboxes,
               [this](const Message& message, Connection& from) { return fetch(message, from); });
    server_.on(delete_uri, mailboxes,
               [this](const Message& message, Connection& from) { acknowledge(message, from); });
    server_.on(update_uri, prekeys,
               [this](const Message& message, Connection& from) { return publish(message, from); });
    server_.on(request_uri, prekeys, [this](const Message& message, Connection& from) {
        return hand_out(message, from);
    });
}

std::string Relay::challenge(const Connection& from) {
    count_question(from);
    Guest& guest = guests_[from.id()];
    guest.challenge.resize(challenge_size);
    environment_.random->fill(guest.challenge);
    guest.until = now() + options_.challenge_time;
    return guest.challenge;
}

void Relay::put(const Message& message, const Connection& from) {
    const auto mailbox = mailbox_meant(message);
    if (message.content().size() > options_.mailboxes.envelope_size) refuse(Errc::too_large);
    count_bytes(from, message.content().size());
    if (!given(mailboxes_.put(mailbox, message.content())).is_new) return;
    environment_.log(LogLevel::debug,
                     "an envelope for mailbox " + in_hex(mailbox).substr(0, 8) + " is kept");
    (void)server_.notify(message.uri(), OwnedMessage(notify_uri, message.uri()));
}

void Relay::subscribe(const Message& message, Connection& from) {
    const auto mailbox = mailbox_meant(message);
    count_question(from);
    Guest& guest = guests_[from.id()];
    // Who has proven it need not again on this connection, as clients ask anew.
    if (!guest.owned.contains(mailbox)) {
        prove(given(OwnerProof::parse(message.content())), mailbox, guest);
    }
    if (const auto error = server_.subscribe(message.uri(), from)) refuse(error);
}

void Relay::prove(const OwnerProof& proof, const chat::MailboxName& mailbox, Guest& guest) {
    // Each challenge is good for one attempt.
    const std::string expected = std::exchange(guest.challenge, {});
    if (expected.empty() || now() >= guest.until || proof.challenge != expected) {
        throw Refusal::not_permitted("ask for a challenge on this connection, and sign that");
    }
    if (!proof.holds_for(mailbox, key_)) {
        throw Refusal::not_permitted("this does not prove that the mailbox is yours");
    }
    if (guest.owned.size() >= options_.owned_max) refuse(Errc::queue_full);
    guest.owned.insert(mailbox);
}

void Relay::unsubscribe(const Message& message, Connection& from) {
    const auto mailbox = owned_by(from, message);
    server_.unsubscribe(message.uri(), from);
    guests_[from.id()].owned.erase(mailbox);
}

std::string Relay::fetch(const Message& message, const Connection& from) {
    const auto mailbox = owned_by(from, message);
    count_question(from);
    auto [after, max] = given(FetchTerms::parse(message.content()));
    std::vector<chat::WaitingEnvelope> fetched;
    // One by one, so that no more is read than the answer has room for.
    for (std::size_t bytes = 0; fetched.size() < max;) {
        auto next = given(mailboxes_.fetch(mailbox, after, 1));
        if (next.empty()) break;
        bytes += next.front().envelope.size() + fetched_overhead;
        if (!fetched.empty() && bytes > fetched_bytes_max) break;
        after = next.front().number;
        fetched.push_back(std::move(next.front()));
    }
    return pack_envelopes(fetched);
}

void Relay::acknowledge(const Message& message, const Connection& from) {
    const auto mailbox = owned_by(from, message);
    count_question(from);
    const auto numbers = given(parse_numbers(message.content()));
    if (const auto error = mailboxes_.acknowledge(mailbox, numbers)) refuse(error);
}

std::string Relay::publish(const Message& message, const Connection& from) {
    const auto mailbox = owned_by(from, message);
    count_bytes(from, message.content().size());
    const auto prekeys = given(PublishedPrekeys::parse(message.content()));
    return pack_count(given(mailboxes_.publish(mailbox, prekeys.signed_part, prekeys.one_time)));
}

std::string Relay::hand_out(const Message& message, const Connection& from) {
    const auto mailbox = mailbox_meant(message);
    count_question(from);
    const bool with_one_time = connection_prekeys_.take(connection_counted(from), 1, now()) &&
                               host_prekeys_.take(host_counted(from.remote()), 1, now()) &&
                               mailbox_prekeys_.take(ByteView(mailbox).str(), 1, now());
    const auto prekeys = given(mailboxes_.hand_out(mailbox, with_one_time));
    if (!prekeys) throw Refusal::not_found("nothing is kept of whom this mailbox is");
    return pack_handed_out(*prekeys);
}

chat::MailboxName Relay::owned_by(const Connection& from, const Message& message) const {
    const auto mailbox = mailbox_meant(message);
    const auto guest = guests_.find(from.id());
    if (guest == guests_.end() || !guest->second.owned.contains(mailbox)) {
        throw Refusal::not_permitted(
            "subscribe to the mailbox first, which proves that it is "
            "yours");
    }
    return mailbox;
}

void Relay::count_question(const Connection& from) {
    if (!connection_questions_.take(connection_counted(from), 1, now()) ||
        !host_questions_.take(host_counted(from.remote()), 1, now())) {
        throw Refusal::error("too many questions at once; try again in a minute");
    }
}

void Relay::count_bytes(const Connection& from, std::size_t bytes) {
    const auto counted = static_cast<double>(bytes + put_overhead);
    const std::string host = host_counted(from.remote());
    if (!connection_bytes_.take(connection_counted(from), counted, now()) ||
        !host_bytes_.take(host, counted, now())) {
        throw Refusal::error("too much at once; try again in a minute");
    }
    if (!host_bytes_a_day_.take(host, counted, now())) {
        throw Refusal::error("too much in a day; try again later");
    }
}

void Relay::expire_in_time() {
    (void)mailboxes_.expire();
    timer_.expires_after(options_.expire_every);
    timer_.async_wait(lifetime_.guard([this](const boost::system::error_code& error) {
        if (!error) expire_in_time();
    }));
}

}  // namespace netaio::chat_app

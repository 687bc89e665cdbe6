#include "relay_client.hpp"

#include <utility>

namespace netaio::chat_app {
namespace {

constexpr std::size_t fetched_at_once = 64;

using RelayError = boost::system::error_code;

bool is_answered(const RelayError& error, const OwnedMessage& reply, MessageType type) {
    return !error && reply.type() == type;
}

// A key that was given counts for more than one that is known.
RelayLinkOptions with_sessions_with_one(RelayLinkOptions options) {
    SessionOptions& session = options.client.session;
    session.policy = SessionPolicy::require;
    session.admits = [](const SessionPeer& relay) { return relay.lasting; };
    if (options.key) {
        session.peer_keys = {*options.key};
    } else {
        session.known = options.known;
    }
    return options;
}

std::optional<SessionKey> key_of_relay(const OwnedMessage& answer) {
    const auto name = answer.who().name("session");
    return name ? parse_session_key(*name) : std::nullopt;
}

void log_refusal(const Log& log, const OwnedMessage& reply) {
    log(LogLevel::warning,
        "the relay does not take an envelope: " + reply.content().str().substr(0, 200));
}

}  // namespace

RelayLink::RelayLink(const boost::asio::any_io_executor& executor, const chat::Identity& identity,
                     ChatCalls chat, RelayLinkOptions options)
    : identity_(identity),
      chat_(std::move(chat)),
      options_(with_sessions_with_one(std::move(options))),
      mailbox_(mailbox_of(identity.public_key())),
      timer_(executor),
      client_(executor, options_.client),
      for_others_(executor, options_.client) {
    client_.on({notify_uri, mailbox_uri(mailbox_)},
               lifetime_.guard([this](const Message&, const Connection&) { begin_fetching(); }));
}

void RelayLink::start() {
    KeepOptions keep = options_.keep;
    keep.requests = Meanwhile::fail;
    keep.greet = [this](Address relay) { return greet(std::move(relay)); };
    keep.on_state =
        lifetime_.guard([this, told = options_.keep.on_state](
                            ConnectionState state, std::error_code why, unsigned attempts) {
            state_changed(state);
            if (told) told(state, why, attempts);
        });
    client_.keep_connected({options_.relay}, std::move(keep));
    keep_for_others();
}

void RelayLink::keep_for_others() {
    KeepOptions keep = options_.keep;
    keep.requests = Meanwhile::fail;
    keep.greet = nullptr;
    keep.on_state = lifetime_.guard([this](ConnectionState state, std::error_code, unsigned) {
        const bool reaches = state == ConnectionState::connected;
        if (std::exchange(reaches_others_, reaches) != reaches) changed();
    });
    for_others_.keep_connected({options_.relay}, std::move(keep));
}

// Proves whose the mailbox is, after which the relay tells of what comes.
awaitable<void> RelayLink::greet(Address relay) {
    const RequestOptions asking{.timeout = options_.timeout, .server = relay};
    const std::string uri = mailbox_uri(mailbox_);
    const OwnedMessage challenge = co_await client_.request(challenge_uri, asking);
    if (challenge.type() != MessageType::respond_uri ||
        challenge.content().size() != challenge_size) {
        throw Error(make_error_code(Errc::malformed), "the relay gives no challenge");
    }
    const auto key = key_of_relay(challenge);
    if (!key) throw Error(make_error_code(Errc::no_session), "the relay has no key");
    const std::string proof = OwnerProof::make(identity_, challenge.content(), *key).packed();
    const OwnedMessage granted = co_await client_.exchange(subscribe_uri, uri, proof, asking);
    if (granted.type() != MessageType::confirm_subscribe) {
        throw Error(make_error_code(Errc::auth_failed), "the relay does not grant the mailbox");
    }
}

void RelayLink::state_changed(ConnectionState state) {
    const bool is_connected = state == ConnectionState::connected;
    if (is_connected == connected_) return;
    connected_ = is_connected;
    if (connected_) {
        publish();
        begin_fetching();
    } else {
        timer_.cancel();
    }
    changed();
}

void RelayLink::carry(const chat::Parcel& parcel, Ended ended) {
    for_others_.create(mailbox_uri(mailbox_of(parcel.to)), parcel.envelope, within_time(),
                       lifetime_.guard([this, number = parcel.number, ended = std::move(ended)](
                                           const RelayError& error, const OwnedMessage& reply) {
                           if (!error && reply.type() != MessageType::ok) {
                               log_refusal(options_.client.environment.log, reply);
                           }
                           ended(is_answered(error, reply, MessageType::ok) &&
                                 noted([&] { chat_.is_at_relay(number); }));
                       }));
}

void RelayLink::ask_bundle(const chat::PublicKey& whom, Ended ended) {
    for_others_.request(prekeys_uri(mailbox_of(whom)), within_time(),
                        lifetime_.guard([this, whom, ended = std::move(ended)](
                                            const RelayError& error, const OwnedMessage& reply) {
                            ended(is_answered(error, reply, MessageType::respond_uri) &&
                                  hand_in(chat_, whom, parse_handed_out(reply.content()),
                                          options_.client.environment.log));
                        }));
}

void RelayLink::begin_fetching() {
    if (!connected_) return;
    if (std::exchange(fetching_, true)) {
        more_came_ = true;
        return;
    }
    more_came_ = false;
    after_ = 0;
    fetch();
}

void RelayLink::fetch() {
    const std::string terms = FetchTerms{after_, fetched_at_once}.packed();
    client_.request(mailbox_uri(mailbox_), terms, within_time(),
                    lifetime_.guard([this](const RelayError& error, const OwnedMessage& reply) {
                        const bool answered = is_answered(error, reply, MessageType::respond_uri);
                        const auto envelopes =
                            answered ? parse_envelopes(reply.content())
                                     : Result<std::vector<chat::WaitingEnvelope>>(Errc::closed);
                        if (!envelopes) return end_fetching(false);
                        if (envelopes->empty()) return end_fetching(true);
                        if (envelopes->front().number <= after_) return end_fetching(false);
                        take(*envelopes);
                    }));
}

// What is not for us, or makes no sense, is let go like the rest; what cannot be kept stays.
void RelayLink::take(const std::vector<chat::WaitingEnvelope>& envelopes) {
    std::vector<std::uint64_t> taken;
    for (const auto& each : envelopes) {
        const std::string& envelope = each.envelope;
        if (!noted([&] { (void)chat_.receive(envelope); })) break;
        taken.push_back(each.number);
    }
    if (taken.empty()) return end_fetching(false);
    after_ = taken.back();
    acknowledge(taken);
}

void RelayLink::acknowledge(const std::vector<std::uint64_t>& taken) {
    client_.exchange(delete_uri, mailbox_uri(mailbox_), pack_numbers(taken), within_time(),
                     lifetime_.guard([this](const RelayError& error, const OwnedMessage& reply) {
                         if (!is_answered(error, reply, MessageType::ok)) {
                             return end_fetching(false);
                         }
                         changed();
                         fetch();
                     }));
}

void RelayLink::end_fetching(bool done) {
    fetching_ = false;
    changed();
    if (done && more_came_) {
        begin_fetching();
    } else {
        ask_again_after(done ? options_.ask_every : options_.retry_after);
    }
}

void RelayLink::publish() {
    publish({}, [this](std::size_t left) { replenish(left); });
}

void RelayLink::replenish(std::size_t left) {
    std::vector<chat::OneTimePrekey> made;
    if (noted([&] { made = chat_.prekeys_for_relay(left); }) && !made.empty()) {
        publish(made, [](std::size_t) {});
    }
}

template <class Counted>
void RelayLink::publish(const std::vector<chat::OneTimePrekey>& one_time, Counted counted) {
    std::string content;
    if (!connected_ ||
        !noted([&] { content = PublishedPrekeys::of(chat_.bundle(), one_time).packed(); })) {
        return;
    }
    client_.update(prekeys_uri(mailbox_), content, within_time(),
                   lifetime_.guard([counted](const RelayError& error, const OwnedMessage& reply) {
                       if (!is_answered(error, reply, MessageType::ok)) return;
                       if (const auto count = parse_count(reply.content())) counted(*count);
                   }));
}

void RelayLink::ask_again_after(std::chrono::seconds pause) {
    timer_.expires_after(pause);
    timer_.async_wait(lifetime_.guard([this](const RelayError& error) {
        if (error) return;
        publish();
        begin_fetching();
    }));
}

void RelayLink::changed() const {
    if (options_.on_change) options_.on_change();
}

}  // namespace netaio::chat_app

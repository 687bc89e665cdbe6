#include "session_node.hpp"

#include <netaio/make.hpp>

#include "core/session.hpp"
#include "core/session_handler.hpp"
#include "support/calling_handler.hpp"

namespace netaio::sim {
namespace {

using test::calling;
using test::suspending;
using Kind = Sayings::Kind;

// What is late by no more than this is in time.
constexpr Duration margin(50);
constexpr std::string_view answered_with = "re ";

std::string content_of(std::size_t number, std::size_t size) {
    std::string content = std::to_string(number) + ":";
    while (content.size() < size) {
        content.push_back(static_cast<char>('a' + (number + content.size()) % 26));
    }
    return content;
}

std::string session_of(const Message& message) {
    return std::string(message.who().name("session").value_or(std::string_view()));
}

bool begins_with(ByteView content, std::string_view what) {
    return content.size() >= what.size() && content.substr(0, what.size()) == ByteView(what);
}

}  // namespace

std::string Sayings::add(Saying saying) {
    all_.push_back(std::move(saying));
    return content_of(all_.size() - 1, all_.back().size);
}

Sayings::Saying* Sayings::find(ByteView content) {
    const std::size_t number = std::strtoull(content.str().c_str(), nullptr, 10);
    return number < all_.size() && content_of(number, all_[number].size) == content.str()
               ? &all_[number]
               : nullptr;
}

SessionNode::SessionNode(OpenNetwork& network, Sayings& sayings, Ledger& ledger, Options options)
    : network_(network),
      world_(network.world()),
      sayings_(sayings),
      ledger_(ledger),
      options_(std::move(options)),
      clock_(std::make_shared<OwnClock>(world_.environment().clock)) {
    start();
}

SessionNode::~SessionNode() {
    stop();
}

void SessionNode::start() {
    stop();
    ++lives_;
    waiting_ = std::make_shared<int>();
    life_ = std::make_unique<Life>(made(), options_.bounds,
                                   [this](auto handler) { run(std::move(handler)); });
    arm();
}

void SessionNode::stop() {
    if (!life_) {
        return;
    }
    ends_ = true;
    auto& core = life_->core;
    core.end_renewals();
    core.end_sessions();
    core.end_requests(Errc::cancelled);
    expect(core.held_bytes() == 0, "nothing is held at the end");
    expect(core.link_count() == 0, "no session is left at the end");
    const std::weak_ptr<core::Node> node = life_->node;
    life_.reset();
    ends_ = false;
    expect(node.expired(), "nothing is left of a node");
    expect(waiting_.use_count() == 1, "whoever waits is told at the end");
    expect(in_flight_.empty(), "a request ends with its node");
    in_flight_.clear();
    subscribers_.clear();
    known_.clear();
    confused_ = false;
    armed_.reset();
}

std::shared_ptr<core::Node> SessionNode::made() {
    auto node = std::make_shared<core::Node>(core::Role::node);
    node->environment = world_.environment();
    node->environment.clock = clock_;
    if (std::getenv("NETAIO_SIM_LOG")) {
        node->environment.log = Log(LogLevel::trace, [this](LogLevel, std::string_view line) {
            const auto time = std::chrono::duration_cast<Duration>(world_.now().time_since_epoch());
            std::printf("%8lld %s: %s\n", static_cast<long long>(time.count() - 3'600'000),
                        at_.str().c_str(), std::string(line).c_str());
        });
    }
    node->outer = options_.outer;
    node->local_peer = Peer{.id = "node"};
    if (has_sessions()) {
        SessionOptions session{.policy = options_.policy, .peer_keys = options_.peer_keys};
        if (!options_.seed.empty()) {
            session.seed = Secret(options_.seed);
        }
        node->session = std::make_shared<const core::SessionTerms>(
            std::move(session), options_.outer, false, world_.dice());
        key_ = to_string(node->session->own.public_key);
        core::serve_sessions(*node);
    }
    add_handlers(*node);
    return node;
}

void SessionNode::add_handlers(core::Node& node) {
    const auto on = [&](MessageType type, core::Route route) {
        node.router.add(Key(type), std::move(route));
    };
    on(MessageType::request_uri, calling([this](const Message& message, core::Source& from) {
           heard(message, from.remote());
           return respond(message.uri(), std::string(answered_with) + message.content().str());
       }));
    on(MessageType::create_uri, suspending());
    on(MessageType::notify_uri, calling([this](const Message& message, core::Source& from) {
           heard(message, from.remote());
           return std::nullopt;
       }));
    on(MessageType::subscribe_uri, calling([this](const Message& message, core::Source& from) {
           if (begins_with(message.content(), forged)) {
               heard(message, from.remote());
           }
           expect(!life_->core.subscribe(message.uri(), from.remote()),
                  "there is room for a subscription");
           subscribers_.insert(session_of(message));
           return confirm_subscribe(message.uri());
       }));
}

// A handler that suspends ends after a while.
void SessionNode::run(std::shared_ptr<core::Suspended> handler) {
    heard(handler->message, handler->from);
    const unsigned life = lives_;
    world_.after(world_.dice().between(Duration(0), Duration(300)), [this, handler, life] {
        if (life_ && life == lives_) {
            use([&](core::DatagramNode& core) {
                core.handler_ended(*handler,
                                   ok(handler->message.uri(), std::string(answered_with) +
                                                                  handler->message.content().str()),
                                   {});
            });
        }
    });
}

void SessionNode::check_identity(const Message& message, const std::string& key) {
    const std::string session = session_of(message);
    expect(session.empty() || session == key, "who speaks in a session is who it says");
    const auto& admitted = options_.peer_keys;
    expect(session.empty() || admitted.empty() ||
               std::ranges::any_of(admitted,
                                   [&](const auto& each) { return to_string(each) == session; }),
           "nobody else is heard than who is admitted");
}

// Whether it has a session with whoever is there, so that nobody else can speak from there.
bool SessionNode::surely_knows(const Address& from) const {
    const auto found = known_.find(from);
    if (found == known_.end() || confused_) {
        return false;
    }
    const auto& [who, at] = found->second;
    return network_.at(from) == who && network_.tenants(from) == 1 && who->moved_at_ + 20s < at &&
           world_.now() - at < 20s;
}

void SessionNode::heard(const Message& message, const Address& from) {
    const std::string session = session_of(message);
    expect(!session.empty() || from_group_ || options_.policy != SessionPolicy::require,
           "where a session is required nobody is heard without");
    if (begins_with(message.content(), forged)) {
        expect(session.empty(), "nobody speaks in the session of others");
        expect(from_group_ || !surely_knows(from), "nobody speaks for whom one has a session with");
        return;
    }
    Sayings::Saying* const said = sayings_.find(message.content());
    // Without a session the type may be changed, and what answers or subscribes may seem to be
    // news.
    expect(said || session.empty(), "content arrives as it was sent");
    if (!said) {
        return;
    }
    check_identity(message, said->key);
    expect(session.empty() || said->by != this, "nobody speaks with itself in a session");
    ++(session.empty() ? heard_clear : heard_sealed);
    if (session.empty()) {
        return;
    }
    known_[from] = {said->by, world_.now()};
    expect(++said->heard_sealed[{this, lives_}] == 1, "nothing is heard twice in a session");
    switch (said->kind) {
        case Kind::request:
            expect(message.type() == MessageType::request_uri, "a request is a request");
            break;
        case Kind::slow_request:
            expect(message.type() == MessageType::create_uri, "a request is a request");
            break;
        case Kind::notification:
            ++heard_news;
            expect(said->by->lives_ != said->life || said->by->has_subscriber(key_),
                   "nobody is notified who did not subscribe");
            [[fallthrough]];
        default: expect(message.type() == MessageType::notify_uri, "news are news");
    }
}

void SessionNode::heard_answer(const Message& reply, const std::string& asked) {
    const std::string session = session_of(reply);
    if (reply.type() == MessageType::auth_error || reply.type() == MessageType::error) {
        return;
    }
    if (session.empty()) {
        expect(options_.policy != SessionPolicy::require,
               "where a session is required no answer counts without");
        return;
    }
    expect(reply.content().str() == std::string(answered_with) + asked,
           "an answer is that of its request");
}

std::string SessionNode::content(Sayings::Kind kind, std::size_t size) {
    return sayings_.add({this, lives_, key_, kind, size});
}

void SessionNode::ask(const Address& to, Sayings::Kind kind, std::size_t size, Duration timeout,
                      Told told) {
    const std::string what = content(kind, size);
    const auto type =
        kind == Kind::slow_request ? MessageType::create_uri : MessageType::request_uri;
    const auto deadline = world_.now() + timeout;
    const auto id = std::make_shared<std::uint64_t>(0);
    auto done = [=, this, waits = waiting_, ended = false](std::error_code error,
                                                           const Message* reply) mutable {
        expect(!std::exchange(ended, true), "a request ends once");
        expect(world_.now() <= deadline + margin, "a request ends in its time");
        in_flight_.erase(*id);
        if (reply) {
            heard_answer(*reply, what);
        } else {
            expect(error == Errc::timeout || error == Errc::cancelled || error == Errc::closed ||
                       error == Errc::no_session || error == Errc::too_large ||
                       error == Errc::peer_changed || error == std::errc::message_size ||
                       error == Errc::auth_failed || error == Errc::auth_failed_unverified,
                   "a request ends with " + error.message());
        }
        if (told) {
            const bool answers = reply && begins_with(reply->content(), answered_with);
            told(answers, answers && !session_of(*reply).empty());
        }
    };
    use([&](core::DatagramNode& core) {
        const auto asked = core.request(to, OwnedMessage(type, what.substr(0, 12), what), {},
                                        timeout, std::move(done));
        if (asked) {
            *id = *asked;
            in_flight_.emplace(*asked, to);
        } else {
            expect(asked.error() == Errc::no_session || asked.error() == Errc::peer_changed ||
                       asked.error() == Errc::too_large ||
                       asked.error() == Errc::queue_full,  // behind a flood that waits
                   "a request is refused with " + asked.error().message());
        }
    });
}

void SessionNode::cancel_one() {
    if (in_flight_.empty()) {
        return;
    }
    const auto [id, to] = *in_flight_.begin();
    use([&](core::DatagramNode& core) {
        expect(core.cancel(to, id), "a request that waits can be cancelled");
    });
}

void SessionNode::say(const Address& to, std::size_t size) {
    const std::string what = content(Kind::message, size);
    use([&](core::DatagramNode& core) {
        (void)core.send(to, netaio::notify("note", what), {}, core.node().outer);
    });
}

void SessionNode::say_often(const Address& to, int times, std::size_t size) {
    use([&](core::DatagramNode&) {
        for (; times > 0; --times) {
            say(to, size);
        }
    });
}

void SessionNode::say_unnoted(const Address& to) {
    use([&](core::DatagramNode& core) {
        (void)core.send(to, netaio::notify("note", forged), {}, core.node().outer);
    });
}

void SessionNode::say_to_group() {
    const std::string what = content(Kind::to_group, 20);
    use([&](core::DatagramNode& core) {
        (void)core.multicast(netaio::notify("note", what), {}, core.node().outer);
    });
}

void SessionNode::notify(std::size_t size) {
    const std::string what = content(Kind::notification, size);
    use([&](core::DatagramNode& core) {
        (void)core.notify("topic", netaio::notify("topic", what), {}, core.node().outer);
    });
}

void SessionNode::subscribe(const Address& to) {
    use([&](core::DatagramNode& core) {
        (void)core.subscribe_there(to, OwnedMessage(MessageType::subscribe_uri, "topic"), false, {},
                                   std::chrono::seconds(3),
                                   [this, waits = waiting_](std::error_code, const Message* reply) {
                                       confirmed += reply != nullptr;
                                   });
    });
}

void SessionNode::end_renewals() {
    life_->core.end_renewals();
}

void SessionNode::moved_to(const Address& at) {
    at_ = at;
    moved_at_ = world_.now();
}

void SessionNode::receive(std::string datagram, const Address& from, bool to_group) {
    if (life_) {
        use([&](core::DatagramNode& core) {
            from_group_ = to_group;
            core.receive(datagram, from, to_group);
            from_group_ = false;
        });
    }
}

void SessionNode::flush() {
    auto& core = life_->core;
    const core::Outbox outbox = std::exchange(core.outbox(), {});
    expect(outbox.end() == outbox.bytes.size(), "no bytes are left that belong to no datagram");
    ++calls_;
    for (const auto& item : outbox.items) {
        check_way(item, outbox.view(item));
        if (!network_.send(*this, item, outbox.view(item))) {
            core.not_sent(outbox.view(item), item.to,
                          std::make_error_code(std::errc::message_size));
        }
    }
    --calls_;
    expect(core.held_bytes() <= core.bounds().outbox_max + (1 << 17), "what is held is bounded");
    expect(core.link_count() <= core.bounds().links.links_max, "sessions are bounded");
    if (core.outbox().items.empty()) {
        arm();
    } else {
        flush();
    }
}

// Where sessions are required, nothing but what leads to one goes in clear.
void SessionNode::check_way(const core::Outbox::Item& item, ByteView datagram) {
    if (options_.policy != SessionPolicy::require || item.to_group ||
        static_cast<MessageType>(datagram[0]) == sealed_frame) {
        return;
    }
    const auto message = decode_message(datagram);
    expect(message &&
               (message->uri() == core::session_uri || message->type() == MessageType::auth_error ||
                message->type() == MessageType::error),
           "where a session is required nothing goes without");
}

void SessionNode::arm() {
    const auto due = life_->core.next();
    if (!due || (armed_ && *armed_ <= *due)) {
        return;
    }
    armed_ = due;
    world_.at(*due, [this, when = *due, life = lives_] {
        if (!life_ || life != lives_ || armed_ != when) {
            return;
        }
        armed_.reset();
        const TimePoint now = world_.now();
        ticks_at_once_ = std::exchange(ticked_, now) == now ? ticks_at_once_ + 1 : 0;
        ++ticks_;
        expect(ticks_at_once_ < 100, "time goes on");
        if (ticks_at_once_ < 100) {
            use([](core::DatagramNode& core) { core.tick(); });
        }
    });
}

void SessionNode::check_rest() {
    expect(in_flight_.empty(), "nobody waits for ever");
    expect(life_->core.held_bytes() == 0, "nothing is held at rest");
    expect(life_->core.outbox().bytes.empty(), "nothing is to be sent at rest");
}

}  // namespace netaio::sim

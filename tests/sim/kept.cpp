#include "kept.hpp"

#include <netaio/make.hpp>
#include <netaio/reply.hpp>

#include "core/backoff.hpp"
#include "core/outgoing.hpp"
#include "support/calling_handler.hpp"

namespace netaio::sim {
namespace {

constexpr Duration longest_connect = std::chrono::seconds(10);

const Address& machine_address() {
    static const Address address = *Address::parse("192.0.2.7", 8888);
    return address;
}

const Address& kept_address() {
    static const Address address = *Address::parse("192.0.2.8", 1000);
    return address;
}

}  // namespace

void Machine::boot(const Plugins& outer, bool with_a_word) {
    if (hub_) {
        end_all(with_a_word);
    }
    node_ = std::make_shared<core::Node>(core::Role::server);
    node_->environment = world_.environment();
    node_->outer = outer;
    core::StreamLimits limits;
    limits.subscriptions_max = limits.subscriptions_total_max = 1 << 20;
    limits.idle_timeout = std::chrono::minutes(10);
    limits.send_timeout = std::chrono::seconds(30);
    hub_ = std::make_shared<SimHub>(world_, node_, limits, ledger_);
    for (const auto& [uri, value] : values_) {
        node_->present.set(uri, value, [] {});
    }
    node_->router.add(
        Key(MessageType::subscribe_uri),
        test::calling([this](const Message& message, core::Source& from) -> OwnedMessage {
            const auto words = core::SubscriptionWords::parse(message.content());
            const auto granted =
                hub_->grant(message.uri(), words, static_cast<core::Stream&>(from), {});
            return granted ? confirm_subscribe(message.uri(), granted->str())
                           : error(message.uri(), "full");
        }));
    node_->router.add(Key(MessageType::unsubscribe_uri),
                      test::calling([this](const Message& message, core::Source& from) {
                          auto& stream = static_cast<core::Stream&>(from);
                          core::SubscriptionWords::parse(message.content()).prefix
                              ? hub_->unsubscribe_prefix(message.uri(), stream)
                              : hub_->unsubscribe(message.uri(), stream);
                          return confirm_unsubscribe(message.uri());
                      }));
}

void Machine::end_all(bool with_a_word) {
    for (const auto& weak : std::exchange(lines_, {})) {
        if (const auto line = weak.lock()) {
            with_a_word ? line->reset() : line->vanish();
        }
    }
    for (const auto& stream : hub_->streams()) {
        stream->abort(Errc::cancelled);
    }
}

void Machine::set_mood(Mood mood, bool with_a_word) {
    mood_ = mood;
    if (mood == Mood::down) {
        end_all(with_a_word);
    } else if (mood != Mood::well) {
        for (const auto& weak : lines_) {
            if (const auto line = weak.lock()) {
                line->stall(true);
            }
        }
    }
}

void Machine::accept(const std::shared_ptr<Line>& line) {
    std::erase_if(lines_, [](const auto& weak) { return weak.expired(); });
    lines_.push_back(line);
    if (mood_ == Mood::well) {
        line->attach(
            1, std::make_shared<core::Stream>(core::Ends{kept_address(), machine_address()}, hub_,
                                              std::weak_ptr<core::StreamOwner>()));
    }
}

void Machine::publish(const std::string& uri) {
    const std::string value = values_.at(uri);
    node_->present.set(uri, value, [&] {
        hub_->tell_later([node = node_, uri, value](core::Hub& hub) {
            auto frame = std::make_shared<std::string>();
            if (encode_for_all(*node, notify(uri, value), {}, node->outer.get(), *frame)) {
                hub.give(hub.subscribers(uri), {frame});
            }
        });
    });
    hub_->tell();
}

void Machine::drain() {
    for (const auto& stream : hub_->streams()) {
        stream->drain();
    }
}

KeptClient::KeptClient(World& world, const core::Keeper::Terms& terms, const Plugins& outer,
                       const Names& names, Ledger& ledger)
    : world_(world),
      ledger_(ledger),
      names_(names),
      terms_(terms),
      node_(std::make_shared<core::Node>(core::Role::client)),
      keeper_(terms, world.environment().random, *this) {
    node_->environment = world.environment();
    node_->outer = outer;
    core::StreamLimits limits;
    limits.slow_receiver = SlowReceiver::drop_newest;
    limits.send_timeout = std::chrono::seconds(30);
    hub_ = std::make_shared<SimHub>(world, node_, limits, ledger);
}

void KeptClient::begin() {
    keeper_.begin(world_.now());
    wake();
}

void KeptClient::stop() {
    keeper_.stop();
    if (stream_) {
        stream_->abort(Errc::cancelled);
    }
}

void KeptClient::connect(std::size_t server, Turn turn) {
    ledger_.expect(!connecting_, "there is one attempt at a time");
    ledger_.expect(!stream_, "nobody connects who is connected");
    connecting_ = true;
    const bool silent = names_[server]->mood() == Machine::Mood::silent;
    world_.after(silent ? longest_connect : world_.dice().between(Duration(0), Duration(200)),
                 [self = shared_from_this(), server, turn, silent] {
                     self->connecting_ = false;
                     if (silent) {
                         self->keeper_.lost(turn, Errc::timeout, self->world_.now());
                     } else {
                         self->arrive(server, turn);
                     }
                     self->wake();
                 });
}

void KeptClient::arrive(std::size_t server, Turn turn) {
    Machine& machine = *names_[server];
    if (turn != keeper_.turn() || keeper_.over()) {
        return;
    }
    if (machine.mood() == Machine::Mood::down) {
        keeper_.lost(turn, std::make_error_code(std::errc::connection_refused), world_.now());
        return;
    }
    line_ = std::make_shared<Line>(world_, Manner{.pieces = world_.dice().chance(0.5)});
    stream_ = std::make_shared<core::Stream>(core::Ends{machine_address(), kept_address()}, hub_,
                                             weak_from_this());
    had_.push_back(stream_);
    stream_->enable_requests(terms_.window + 100);
    line_->attach(0, stream_);
    machine.accept(line_);
    keeper_.reached(turn, world_.now());
}

void KeptClient::ask(MessageType type, const std::string& uri, const std::string& content,
                     Duration timeout, Answered answered) {
    const auto stream = stream_;
    const core::Question asked{type, node_->types.answer_to(type)};
    const auto id =
        stream->requests()->add(uri, asked, {}, world_.now() + timeout,
                                [self = shared_from_this(), answered = std::move(answered)](
                                    std::error_code error, const Message* reply) {
                                    answered(error, reply);
                                    self->wake();
                                });
    ledger_.expect(id.has_value(), "no more is asked at a time than may");
    if (!id) {
        return;
    }
    if (stream->append(OwnedMessage(type, uri, content), {}, node_->outer,
                       core::RequestTable::on_wire(*id))) {
        stream->requests()->forget(*id);
    } else if (stream->open()) {
        stream->watch_deadlines();
    }
}

void KeptClient::beat(Turn turn) {
    ask(MessageType::request_uri, "netaio/alive", "", terms_.heartbeat_timeout,
        [this, turn](std::error_code error, const Message* reply) {
            if (error == Errc::auth_failed || error == Errc::auth_failed_unverified) {
                keeper_.refused(turn, error, world_.now());
            } else if (reply) {
                keeper_.answered(turn, world_.now());
            }
        });
}

void KeptClient::subscribe(const core::GrantedSubscription& subscription, Turn turn) {
    ask(MessageType::subscribe_uri, subscription.uri, subscription.content,
        std::chrono::hours(1000),
        [this, subscription, turn](std::error_code, const Message* reply) {
            if (reply && confirmed(subscription.uri, subscription.content, *reply)) {
                keeper_.granted(turn, world_.now());
            } else if (reply) {
                keeper_.failed(turn, std::make_error_code(std::errc::permission_denied),
                               world_.now());
            }
        });
}

bool KeptClient::confirmed(const std::string& uri, const std::string& content,
                           const Message& reply) {
    const auto words = core::SubscriptionWords::parse(content);
    const auto grant = core::SubscriptionGrant::parse(reply.content());
    if (reply.type() != MessageType::confirm_subscribe || !grant.grants(words)) {
        return false;
    }
    if (grant.value) {
        hear(uri, *grant.value);
    }
    return true;
}

void KeptClient::subscribe_to(const std::string& uri, const core::SubscriptionWords& words) {
    ask(MessageType::subscribe_uri, uri, words.str(), std::chrono::seconds(60),
        [this, uri, words, on = stream_.get()](std::error_code, const Message* reply) {
            if (reply && stream_.get() == on && confirmed(uri, words.str(), *reply)) {
                if (!forgets) {
                    keeper_.subscribed({uri, words.str(), words.any()});
                }
                granted_[{uri, words.prefix}] = words.present;
            }
        });
}

void KeptClient::unsubscribe_from(const std::string& uri, bool prefix) {
    ask(MessageType::unsubscribe_uri, uri, core::SubscriptionWords{.prefix = prefix}.str(),
        std::chrono::seconds(60),
        [this, uri, prefix, on = stream_.get()](std::error_code, const Message* reply) {
            if (reply && stream_.get() == on) {
                keeper_.unsubscribed(uri, prefix);
                granted_.erase({uri, prefix});
            }
        });
}

int KeptClient::is_subscribed_to(const std::string& uri) const {
    for (const auto& [key, present] : granted_) {
        if (key.second ? uri.starts_with(key.first) : uri == key.first) {
            return 1;  // what several are for comes once
        }
    }
    return 0;
}

bool KeptClient::knows_present(const std::string& uri) const {
    for (const auto& [key, present] : granted_) {
        if (present && (key.second ? uri.starts_with(key.first) : uri == key.first)) {
            return true;
        }
    }
    return false;
}

void KeptClient::disconnect(std::error_code why) {
    if (const auto stream = std::exchange(stream_, nullptr)) {
        stream->end_requests(Errc::closed);
        stream->abort(why);
    }
}

void KeptClient::tell(ConnectionState told, std::error_code, unsigned attempt) {
    const bool was = state == ConnectionState::connected;
    state = told;
    if (told == ConnectionState::waiting) {
        ledger_.expect(!stream_ || !stream_->open(), "who waits has no connection");
        waits_since_ = world_.now();
    } else if (told == ConnectionState::connecting && waits_since_) {
        const auto pause = world_.now() - *std::exchange(waits_since_, std::nullopt);
        const auto shortest =
            std::chrono::duration<double>(terms_.backoff.delay) * (1 - terms_.backoff.jitter);
        ledger_.expect(
            pause >= shortest - Duration(1) && pause <= terms_.backoff.delay_max + Duration(1),
            "a pause is as long as it may be");
    } else if (told == ConnectionState::connected) {
        ++connected;
        ledger_.expect(!was, "who is connected was not before");
        ledger_.expect(stream_ && stream_->open(), "who is connected has a connection");
        ledger_.expect(attempt > 0, "attempts are counted");
    }
}

void KeptClient::returned(core::Stream& stream, core::Outcome outcome) {
    if (&stream == stream_.get() && outcome.kind == core::Outcome::Kind::returned &&
        outcome.message->type() == MessageType::notify_uri) {
        hear(outcome.message->uri().str(), outcome.message->content().str());
    }
}

void KeptClient::hear(const std::string& uri, const std::string& value) {
    ++heard_[uri];
    seen_[uri] = value;
}

void KeptClient::closed(core::Stream& stream, std::error_code why) {
    if (&stream == stream_.get()) {
        stream_ = nullptr;
        keeper_.lost(keeper_.turn(), why ? why : make_error_code(Errc::closed), world_.now());
        wake();
    }
}

void KeptClient::wake() {
    const auto due = keeper_.next();
    if (!due || *due >= armed_) {
        return;
    }
    armed_ = *due;
    world_.at(*due, [self = shared_from_this(), at = *due] {
        if (self->armed_ != at) {
            return;
        }
        self->armed_ = TimePoint::max();
        if (self->stream_) {
            self->keeper_.heard(self->stream_->heard_at());
        }
        self->keeper_.tick(self->world_.now());
        self->wake();
    });
}

void KeptClient::check_end() {
    ledger_.expect(hub_->size() == 0, "a kept client's connections end");
    for (const auto& stream : had_) {
        ledger_.expect(stream.expired(), "a kept connection is let go of when it has ended");
    }
}

}  // namespace netaio::sim

#include "session_opening.hpp"

#include <algorithm>

#include "callback.hpp"

namespace netaio::core {
namespace {

// Of a question that a plugin keeps back for a while, as for a stamp.
constexpr std::chrono::seconds patience_with_plugins(30);

}  // namespace

void SessionOpening::start(const std::shared_ptr<Stream>& stream, std::string server, Done done) {
    if (!stream->hub().node().session) {
        done({});
        return;
    }
    const auto opening =
        std::make_shared<SessionOpening>(stream, std::move(server), std::move(done));
    opening->attempt([&] { opening->begin(); });
}

SessionOpening::SessionOpening(const std::shared_ptr<Stream>& stream, std::string server, Done done)
    : stream_(stream),
      terms_(stream->hub().node().session),
      environment_(stream->hub().node().environment),
      server_(std::move(server)),
      done_(std::move(done)) {}

SessionOpening::~SessionOpening() {
    attempt([this] { end(Errc::cancelled); });
}

// Whatever is thrown, by users' code or for want of memory, ends it.
template <class Work>
void SessionOpening::attempt(Work&& work) noexcept {
    if (!core::attempt(environment_.log, "no session", work)) {
        core::attempt(environment_.log, "no session",
                      [this] { end(std::make_error_code(std::errc::not_enough_memory)); });
    }
}

void SessionOpening::begin() {
    const auto expected = terms_->expected(server_);
    if (!expected) {
        end(expected.error());
        return;
    }
    expected_ = *expected;
    if (const auto stream = stream_.lock(); stream && must_have_one()) {
        stream->require_session();
    }
    shake(expected_);
}

void SessionOpening::shake(const std::optional<SessionKey>& with) {
    if (const auto stream = stream_.lock()) {
        secret_ = session_secret(*stream->hub().dispatcher().outer(), nullptr);
        asker_.emplace(*terms_, secret_.psk, with, *environment_.random);
        ask(asker_->ask(), &SessionOpening::first_answer);
    }
}

void SessionOpening::ask(std::string content, Answered answered) {
    const auto stream = stream_.lock();
    auto question = OwnedMessage::make(MessageType::request_uri, session_uri, content);
    if (!stream || !question) {
        end(Errc::closed);
        return;
    }
    const auto outer = stream->hub().dispatcher().outer(*stream);
    std::chrono::milliseconds patience = terms_->options.patience;
    if (may_retry(*outer)) {
        patience = std::max<std::chrono::milliseconds>(patience, patience_with_plugins);
    }
    const auto id = stream->requests()->add(
        session_uri, Question(MessageType::request_uri, MessageType::respond_uri), {},
        stream->hub().now() + patience,
        [self = shared_from_this(), answered](std::error_code error, const Message* answer) {
            self->attempt([&] { (*self.*answered)(error, answer); });
        });
    if (!id) {
        end(Errc::queue_full);
        return;
    }
    const auto error = stream->append(std::move(*question), {}, *outer, RequestTable::on_wire(*id));
    if (error && stream->requests()->forget(*id)) {
        end(error);
    } else if (stream->open()) {
        stream->watch_deadlines();
    }
}

void SessionOpening::first_answer(std::error_code error, const Message* answer) {
    const auto stream = stream_.lock();
    if (!stream || !stream->open()) {
        // A server that is in a session already ends it by what is not sealed.
        const bool only_closed = !error || error == Errc::closed;
        end(only_closed ? make_error_code(learns_ ? Errc::no_session : Errc::closed) : error);
        return;
    }
    if (!error && answer->type() == MessageType::auth_error) {
        error = Errc::auth_failed;
    }
    if (error || answer->type() != MessageType::respond_uri) {
        declined(error);
        return;
    }
    const auto third = asker_->take(answer->content());
    if (!third) {
        // A server that could read what was meant for its key is in a session now, with another
        // secret: nothing is to be learned from it.
        declined(expected_ && !learns_ ? std::error_code() : third.error());
        return;
    }
    if (const auto refused = terms_->refusal(expected_, server_on(*stream))) {
        end(refused->code, refused->why);
        return;
    }
    if (learns_) {
        end(Errc::no_session);
        return;
    }
    if (third->empty()) {
        stream->begin_session(asker_->agreed(), secret_, true, true);
        stream->confirm_session();
        agree(*stream);
        return;
    }
    ask(*third, &SessionOpening::last_answer);
    if (stream->open() && done_) {
        stream->begin_session_when_sent(asker_->agreed(), secret_);
    }
}

// Sealed, which shows that the server agreed, too.
void SessionOpening::last_answer(std::error_code error, const Message* answer) {
    const auto stream = stream_.lock();
    if (error) {
        end(error);
    } else if (!stream || !stream->is_heard_sealed() ||
               answer->type() != MessageType::respond_uri) {
        end(Errc::no_session);
    } else {
        agree(*stream);
    }
}

// Whoever is there wants none, knows none, or is not whose key is known.
void SessionOpening::declined(std::error_code why) {
    const auto stream = stream_.lock();
    if (why == Errc::closed || why == Errc::cancelled || !stream) {
        end(why ? why : make_error_code(Errc::closed));
    } else if (expected_ && !learns_ && why && why != Errc::timeout) {
        learns_ = true;
        shake(std::nullopt);
    } else if (must_have_one()) {
        end(Errc::no_session);
    } else {
        stream->hub().node().log(LogLevel::info, "no session: the server agrees to none",
                                 stream->remote());
        end({});
    }
}

SessionPeer SessionOpening::server_on(const Stream& stream) const {
    const auto agreed = asker_->agreed();
    return {stream.remote(), agreed.key, agreed.lasting};
}

// Who was not known yet is from now on.
void SessionOpening::agree(Stream& stream) {
    end(terms_->keep(server_, expected_, server_on(stream), stream.hub().node()));
}

void SessionOpening::end(std::error_code why, const std::string& in_words) {
    const auto done = std::exchange(done_, nullptr);
    if (!done) {
        return;
    }
    if (const auto stream = why ? stream_.lock() : nullptr) {
        stream->hub().node().log(LogLevel::error,
                                 "no session: " + (in_words.empty() ? why.message() : in_words),
                                 stream->remote());
    }
    done(why);
}

}  // namespace netaio::core

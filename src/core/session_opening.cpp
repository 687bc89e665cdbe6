#include "session_opening.hpp"

#include "callback.hpp"

namespace netaio::core {

void SessionOpening::start(const std::shared_ptr<Stream>& stream, std::string server, Done done) {
    if (!stream->hub().node().session) {
        done({});
        return;
    }
    std::make_shared<SessionOpening>(stream, std::move(server), std::move(done))->begin();
}

SessionOpening::SessionOpening(const std::shared_ptr<Stream>& stream, std::string server, Done done)
    : stream_(stream),
      terms_(stream->hub().node().session),
      server_(std::move(server)),
      done_(std::move(done)) {}

void SessionOpening::begin() {
    const auto& options = terms().options;
    if (options.known) {
        const auto known = options.known->find(server_);
        if (!known) {
            end(known.error());
            return;
        }
        expected_ = *known;
    }
    if (!expected_ && options.peer_keys.size() == 1) {
        expected_ = options.peer_keys.front();
    }
    if (const auto stream = stream_.lock()) {
        if (expected_) {
            stream->require_session();
        }
        Identities who;
        const auto psk = session_psk(stream->hub().node().outer.get(), nullptr, who);
        asker_.emplace(terms(), psk, learns_ ? std::nullopt : expected_,
                       *stream->hub().node().environment.random);
        ask(asker_->ask(), &SessionOpening::first_answer);
    }
}

void SessionOpening::ask(std::string content, Ask answered) {
    const auto stream = stream_.lock();
    auto question = OwnedMessage::make(MessageType::request_uri, session_uri, content);
    if (!stream || !question) {
        end(Errc::closed);
        return;
    }
    const auto id = stream->requests()->add(
        session_uri, Question(MessageType::request_uri, MessageType::respond_uri), {},
        stream->hub().now() + terms().options.patience,
        [self = shared_from_this(), answered](std::error_code error, const Message* answer) {
            (*self.*answered)(error, answer);
        });
    if (!id) {
        end(Errc::queue_full);
        return;
    }
    const auto error =
        stream->append(std::move(*question), {}, *stream->hub().dispatcher().outer(*stream),
                       RequestTable::on_wire(*id));
    if (error && stream->requests()->forget(*id)) {
        end(error);
    } else if (stream->open()) {
        stream->watch_deadlines();
    }
}

void SessionOpening::first_answer(std::error_code error, const Message* answer) {
    const auto stream = stream_.lock();
    if (!stream || !stream->open()) {
        end(error ? error : make_error_code(Errc::closed));
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
    if (!third->empty() && learns_) {
        end(asker_->other() == *expected_ ? Errc::no_session : Errc::peer_changed);
        return;
    }
    auto agreed = asker_->agreed();
    if (const auto refused = judge(agreed)) {
        end(refused);
        return;
    }
    if (third->empty()) {
        stream->begin_session(std::move(agreed), true);
        end({});
        return;
    }
    ask(*third, &SessionOpening::last_answer);
    if (stream->open() && done_) {
        stream->begin_session_behind(std::move(agreed));
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
        end({});
    }
}

// Whoever is there wants none, knows none, or is not whose key is known.
void SessionOpening::declined(std::error_code why) {
    const auto stream = stream_.lock();
    if (why == Errc::closed || why == Errc::cancelled || !stream) {
        end(why);
    } else if (expected_ && !learns_ && !why) {
        end(Errc::no_session);
    } else if (expected_ && !learns_ && why != Errc::timeout) {
        learns_ = true;
        begin();
    } else if (expected_ || terms().options.policy == SessionPolicy::require) {
        end(Errc::no_session);
    } else {
        stream->hub().node().log(LogLevel::info, "no session: the server agrees to none",
                                 stream->remote());
        end({});
    }
}

// Whether that is who should be there. Who is not known yet will be.
std::error_code SessionOpening::judge(const Agreed& agreed) {
    const auto stream = stream_.lock();
    const auto& options = terms().options;
    if (expected_ && *expected_ != agreed.key) {
        return Errc::peer_changed;
    }
    if (!terms().admits({stream->remote(), agreed.key, agreed.lasting})) {
        return Errc::peer_changed;
    }
    if (!options.known || expected_ || !agreed.lasting) {
        return {};
    }
    stream->hub().node().log(
        LogLevel::info, "its key is known from now on: " + to_string(agreed.key), stream->remote());
    return options.known->add(server_, agreed.key);
}

void SessionOpening::end(std::error_code why) {
    const auto done = std::exchange(done_, nullptr);
    if (!done) {
        return;
    }
    if (const auto stream = why ? stream_.lock() : nullptr) {
        std::string what = "no session: " + why.message();
        if (why == Errc::peer_changed) {
            what += ": " + to_string(asker_->other()) + " " +
                    (expected_ ? "in the place of " + to_string(*expected_)
                               : "is none that is admitted") +
                    "; somebody may be in between. Have its owner confirm the new key, and only "
                    "then put it in the place of the old one";
        }
        stream->hub().node().log(LogLevel::error, what, stream->remote());
    }
    done(why);
}

}  // namespace netaio::core

#include <netaio/make.hpp>

#include "outgoing.hpp"
#include "session_handshake.hpp"
#include "stream.hpp"

/// How a stream agrees on a session, and seals and opens what goes through it from then on.
namespace netaio::core {

std::optional<OwnedMessage> Stream::shake_hands(const Message& asked) {
    const Node& node = hub_->node();
    const auto refuse = [&](std::string_view why) {
        hub_->tallies().sessions_refused.add();
        node.log(LogLevel::warning, "no session: " + std::string(why), ends_.remote);
        answerer_ = nullptr;
        return std::optional(
            about(session_uri, OwnedMessage(MessageType::auth_error, "ERROR", "no session")));
    };
    // What waits was made for the way without.
    if (session_ || queues() || !batch_) {
        return refuse("it is asked for at the wrong time");
    }
    if (++handshakes_ > handshakes_max) {
        close();
        return refuse("it is asked for too often");
    }
    Identities named;
    const auto psk = session_psk(*hub_->dispatcher().outer(), &asked.vouched().outer, named);
    if (!answerer_) {
        answerer_ = std::make_unique<SessionAnswerer>();
    }
    auto reply = answerer_->answer(asked.content(), *node.session, psk, *node.environment.random);
    if (!reply) {
        return refuse(reply.error().message());
    }
    if (reply->agreed) {
        const SessionPeer peer{ends_.remote, reply->agreed->key, reply->agreed->lasting};
        if (!node.session->admits(peer)) {
            return refuse("not with " + to_string(peer.key));
        }
        sealed_by_ = named;
        if (reply->content.empty()) {
            begin_session(std::move(*reply->agreed), true);
        } else {
            next_session_ = std::make_unique<Agreed>(std::move(*reply->agreed));
        }
    }
    return OwnedMessage(MessageType::respond_uri, session_uri, reply->content);
}

void Stream::begin_session(Agreed agreed, bool heard) {
    answerer_ = nullptr;
    if (batch_) {
        emit(*batch_);
        batch_->clear();
    } else {
        flush();
    }
    if (state_ == State::closed) {
        return;
    }
    if (!queue_.empty()) {
        abort(Errc::queue_full);
        return;
    }
    // What was said before goes as it is.
    rest_.append(out_, sent_);
    out_.clear();
    sent_ = 0;
    Identities named;
    session_psk_ = session_psk(*hub_->dispatcher().outer(), &sealed_by_, named);
    sealed_by_ = named;
    who_sealed_ = who_;
    who_sealed_.add(Identity{"session", to_string(agreed.key)});
    who_sealed_.add(sealed_by_);
    session_ = std::make_unique<Session>(std::move(agreed.keys), hub_->now());
    sealed_ = true;
    if (heard) {
        hear_sealed();
    }
    hub_->tallies().sessions.add();
    hub_->node().log(LogLevel::debug, "a session begins with " + to_string(agreed.key),
                     ends_.remote);
}

void Stream::begin_session_behind(Agreed agreed) {
    session_behind_ = std::make_unique<Agreed>(std::move(agreed));
    begin_session_behind_queue();
}

void Stream::begin_session_behind_queue() {
    if (session_behind_ && queue_.empty() && state_ != State::closed) {
        begin_session(std::move(*std::exchange(session_behind_, nullptr)), false);
    }
}

// Takes nothing else any more, which then is from who shook hands.
void Stream::hear_sealed() {
    if (!std::exchange(heard_sealed_, true)) {
        who_ = std::exchange(who_sealed_, {});
    }
}

// Opens the frame that comes next, unless that was done when it had to wait.
Result<std::optional<Frame>> Stream::open_sealed(const Frame& frame) {
    if (frame.header.type != sealed_frame) {
        return heard_sealed_ ? Result<std::optional<Frame>>(Errc::auth_failed)
                             : Result<std::optional<Frame>>(frame);
    }
    if (opened_ahead_) {
        return Session::opened(frame);
    }
    auto opened = session_->open(frame);
    if (opened) {
        opened_ahead_ = true;
        hear_sealed();
        if (*opened && !hub_->node().types.contains((*opened)->header.type)) {
            return Errc::unknown_message_type;
        }
    }
    return opened;
}

// Seals whole frames, as many as are taken at once, and gives them to the carrier. Returns how many
// bytes of the frames that were.
std::size_t Stream::write_sealed(ByteView frames, std::error_code& error) {
    if (!rest_.empty()) {
        return 0;
    }
    std::string sealed = hub_->take_sealed();
    std::size_t used = 0;
    const auto now = hub_->now();
    while (used < frames.size() && sealed.size() < flush_size) {
        const ByteView from = frames.substr(used);
        const auto header = FrameHeader::read(
            std::span<const char, FrameHeader::size>(from.data(), FrameHeader::size));
        const std::size_t size = header.frame_size();
        if (size <= Session::frame_max) {
            session_->seal(from.substr(0, size), now, sealed);
        } else {
            hub_->tallies().send_failures.add();
            log_unsent(Errc::too_large);
        }
        used += size;
    }
    const std::size_t size = sealed.size();
    const std::size_t written = carrier_->hand_over(sealed, error);
    hub_->tallies().bytes_out.add(size - used);  // the caller counts the others
    if (!error && written < size) {
        rest_.assign(sealed, written);
        wait_writable();
    }
    hub_->give_sealed(std::move(sealed));
    return used;
}

// What was sealed before, and not taken then. Whether the next may follow.
bool Stream::write_rest() {
    std::error_code error;
    const std::size_t count = carrier_->write(rest_, error);
    if (error) {
        abort(error);
        return false;
    }
    if (count > 0) {
        blocked_at_ = {};
    }
    rest_.erase(0, count);
    if (rest_.empty()) {
        rest_ = std::string();
        return true;
    }
    wait_writable();
    return false;
}

void Stream::close_with_other_secrets() {
    if (!session_) {
        return;
    }
    Identities named;
    const auto psk = session_psk(*hub_->dispatcher().outer(), &sealed_by_, named);
    if (psk.bytes != session_psk_.bytes) {
        hub_->node().log(LogLevel::info,
                         "closed, as the secret of its session is not known any more",
                         ends_.remote);
        close();
    }
}

}  // namespace netaio::core

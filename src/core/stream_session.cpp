#include <netaio/make.hpp>

#include "outgoing.hpp"
#include "stream.hpp"

/// How a stream agrees on a session, and seals and opens what goes through it from then on.
namespace netaio::core {

std::optional<OwnedMessage> Stream::shake_hands(const Message& asked) {
    const Node& node = hub_->node();
    if (!handshaking_) {
        handshaking_ = std::make_unique<Handshaking>();
    }
    const auto refuse = [&](std::string_view why) {
        hub_->tallies().sessions_refused.add();
        handshaking_->answerer.reset();
        node.log(LogLevel::warning, "no session: " + std::string(why), ends_.remote);
        return std::optional(
            about(session_uri, OwnedMessage(MessageType::auth_error, "ERROR", "no session")));
    };
    if (++handshaking_->questions > handshakes_max) {
        close();
        return refuse("it is asked for too often");
    }
    // Whoever spoke before is perhaps somebody else, and what waits was made for the way without.
    if (!says_first_ || sealing_ || queues() || !batch_) {
        return refuse("it is asked for at the wrong time");
    }
    // Also when it fails: whoever meant another key asks once more who is here.
    handshaking_->continues = true;
    auto secret = session_secret(*hub_->dispatcher().outer(), &asked.vouched().outer);
    if (!handshaking_->answerer) {
        handshaking_->answerer.emplace();
        handshaking_->secret = std::move(secret);
    } else if (secret.psk.bytes != handshaking_->secret.psk.bytes) {
        return refuse("it goes on with another secret");
    }
    auto reply = handshaking_->answerer->answer(asked.content(), *node.session,
                                                handshaking_->secret.psk, *node.environment.random);
    if (!reply) {
        return refuse(said_of_handshake(reply.error()));
    }
    if (reply->agreed) {
        if (const auto refused = node.session->refusal(
                std::nullopt, {ends_.remote, reply->agreed->key, reply->agreed->lasting})) {
            return refuse(refused->why);
        }
        if (reply->content.empty()) {
            begin_session(std::move(*reply->agreed), std::move(handshaking_->secret), true, true);
        } else {
            handshaking_->agreed = std::move(reply->agreed);
        }
    }
    return OwnedMessage(MessageType::respond_uri, session_uri, reply->content);
}

// What a question led to, when its answer is made.
void Stream::go_on_with_handshake() {
    if (requests_) {
        return;  // it is this end that asks
    }
    says_first_ = std::exchange(handshaking_->continues, false);
    if (handshaking_->agreed) {
        // A first question may have been played again: only what it seals proves who asked.
        const auto handshaking = std::move(handshaking_);
        begin_session(std::move(*handshaking->agreed), std::move(handshaking->secret), true, false);
    }
}

void Stream::begin_session(Agreed agreed, SessionSecret secret, bool heard, bool proved) {
    if (batch_) {
        emit(*batch_);
        batch_->clear();
    }
    if (state_ == State::closed) {
        return;
    }
    if (!queue_.empty()) {
        abort(Errc::queue_full);
        return;
    }
    const auto now = hub_->now();
    Identities who = who_;
    who.add(Identity{"session", to_string(agreed.key)});
    who.add(secret.who);
    sealing_ = std::make_unique<Sealing>(Sealing{.session = Session(std::move(agreed.keys), now),
                                                 .heard = heard,
                                                 .psk = secret.psk,
                                                 .secrets_of = std::move(secret.who),
                                                 .who = std::move(who),
                                                 .used_at = now});
    // What was said before goes as it is.
    if (sent_ < out_.size()) {
        sealing_->rest = std::make_unique<std::string>(out_, sent_);
        hub_->tallies().bytes_out.add(sealing_->rest->size());
    }
    out_.clear();
    sent_ = 0;
    sealed_ = true;
    session_required_ = true;
    if (proved) {
        prove_session();
    }
    if (is_blocked() && !waiting_writable_) {
        write_rest();
    }
    close_with_other_secrets();  // that were replaced meanwhile
}

void Stream::begin_session_when_sent(Agreed agreed, SessionSecret secret) {
    if (batch_) {
        emit(*batch_);
        batch_->clear();
    }
    if (queue_.empty()) {
        begin_session(std::move(agreed), std::move(secret), false, false);
    } else {
        handshaking_ = std::make_unique<Handshaking>();
        handshaking_->secret = std::move(secret);
        handshaking_->agreed = std::move(agreed);
    }
}

void Stream::confirm_session() {
    if (state_ == State::closed) {
        return;
    }
    if (!sealing_->rest) {
        sealing_->rest = std::make_unique<std::string>();
    }
    const std::size_t before = sealing_->rest->size();
    sealing_->session.seal_marker(*sealing_->rest);
    hub_->tallies().bytes_out.add(sealing_->rest->size() - before);
    if (!waiting_writable_) {
        write_rest();
    }
}

// Who is there has the key.
void Stream::prove_session() {
    if (std::exchange(sealing_->proved, true)) {
        return;
    }
    handshaking_ = nullptr;
    who_ = std::exchange(sealing_->who, {});
    hub_->tallies().sessions.add();
    hub_->node().log(LogLevel::debug, "a session begins with " + who_.str(), ends_.remote);
}

// The next whole frame, opened, and how many bytes it takes: nothing, but some bytes, where that
// was for the session alone. Until the first one is sealed, others may come.
Result<std::optional<Frame>> Stream::next_sealed(std::span<char> bytes, std::size_t& size) {
    const Node& node = hub_->node();
    const auto frame =
        next_frame(bytes, node.types, {node.limits.frame_max + Session::overhead, true});
    const bool whole = frame && *frame;
    const bool comes_sealed = whole && (*frame)->header.type == sealed_frame;
    size = whole ? (*frame)->header.frame_size() : 0;
    using Found = Result<std::optional<Frame>>;
    auto next = !comes_sealed ? whole && sealing_->heard ? Found(Errc::auth_failed) : Found(frame)
                : sealing_->opened ? Session::opened(**frame)
                                   : sealing_->session.open(**frame);
    if (comes_sealed && next) {
        sealing_->used_at = hub_->checked_at();
        sealing_->opened = next->has_value();
        sealing_->heard = true;
        if (!sealing_->proved) {
            prove_session();
        }
        if (*next && !node.types.contains((*next)->header.type)) {
            next = Errc::unknown_message_type;
        }
    }
    return next;
}

std::size_t Stream::took_sealed(std::size_t size) noexcept {
    sealing_->opened = false;
    return size;
}

// Seals whole frames, and gives them to the carrier as long as it takes all. Returns how many bytes
// of the frames that were.
std::size_t Stream::write_sealed(ByteView frames, std::error_code& error) {
    std::size_t used = 0;
    std::string& sealed = hub_->sealed();
    const auto now = hub_->checked_at();
    while (used < frames.size() && !sealing_->rest && !error) {
        const std::size_t before = used;
        sealed.clear();
        while (used < frames.size() && sealed.size() < flush_size) {
            const char* const at = frames.data() + used;
            const std::size_t size =
                FrameHeader::read(std::span<const char, FrameHeader::size>(at, FrameHeader::size))
                    .frame_size();
            sealing_->session.seal(ByteView(at, size), now, sealed);
            used += size;
        }
        const std::size_t size = sealed.size();
        const std::size_t written = carrier_->hand_over(sealed, error);
        hub_->tallies().bytes_out.add(size - (used - before));  // the caller counts the others
        if (written < size) {
            sealing_->rest = std::make_unique<std::string>(sealed, written);
        }
    }
    sealing_->used_at = now;
    return used;
}

// What was sealed before, and not taken then. Whether the next may follow.
bool Stream::write_rest() {
    std::string& rest = *sealing_->rest;
    std::error_code error;
    const std::size_t count = carrier_->write(rest, error);
    if (error) {
        abort(error);
        return false;
    }
    if (count > 0) {
        blocked_at_ = {};
    }
    rest.erase(0, count);
    if (rest.empty()) {
        sealing_->rest = nullptr;
        return true;
    }
    wait_writable();
    return false;
}

// Takes back what was appended if it cannot be sealed for its size.
std::error_code Stream::bounded_by_session(std::string& out, std::size_t before) {
    if (!sealed_ || out.size() <= before + Session::frame_max) {
        return {};
    }
    out.resize(before);
    hub_->tallies().frames_out.sub();
    hub_->tallies().send_failures.add();
    return Errc::too_large;
}

void Stream::close_with_other_secrets() {
    auto& dispatcher = hub_->dispatcher();
    const auto version = dispatcher.outer_version();
    if (!sealing_ || std::exchange(sealing_->outer_version, version) == version) {
        return;
    }
    if (session_secret(*dispatcher.outer(), &sealing_->secrets_of).psk.bytes !=
        sealing_->psk.bytes) {
        hub_->node().log(LogLevel::info,
                         "closed, as the secret of its session is not known any more",
                         ends_.remote);
        close();
    }
}

}  // namespace netaio::core

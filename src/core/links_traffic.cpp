#include <algorithm>

#include "../crypto/memory.hpp"
#include "../wire/endian.hpp"
#include "links.hpp"

/// What goes through sessions over datagrams.
namespace netaio::core {
namespace {

// What a session says for itself, in the place of a frame.
constexpr char probe = 1;
constexpr char probe_arrived = 2;
constexpr char where_are_you = 3;
constexpr char here_i_am = 4;

// Something is said so long after the other spoke, that it knows.
constexpr std::chrono::milliseconds answered_within{250};
// How long the end that was asked lets the other be the one to renew.
constexpr std::chrono::seconds renewed_later{30};

std::string own_frame(ByteView body) {
    std::string frame(FrameHeader::size, '\0');
    FrameHeader{sealed_frame, 0, static_cast<std::uint16_t>(body.size()), 0}.write(
        std::span(frame).first<FrameHeader::size>());
    std::string frames;
    DatagramSession::append_frame(frame.append(body), frames);
    return frames;
}

}  // namespace

std::optional<Links::Opened> Links::open(const Frame& sealed, const Address& from) {
    const auto index = DatagramSession::index_of(sealed);
    if (!index) {
        tallies_.rejected_malformed.add();
        return std::nullopt;
    }
    bool highest = false;
    const auto opened = [&](DatagramSession& session) {
        auto frames = session.open(sealed, highest);
        if (!frames) {
            (session.came(sealed) ? tallies_.rejected_replayed : tallies_.rejected_auth).add();
        }
        return frames;
    };
    if (const auto pending = pending_.find(*index); pending != pending_.end()) {
        // What proves it comes from where it was asked.
        if (!pending->second.session || pending->second.from != from) {
            return std::nullopt;
        }
        const auto frames = opened(*pending->second.session);
        if (!frames) {
            return std::nullopt;
        }
        auto link = prove(pending);
        heard(*link, !frames->empty());
        return Opened{std::move(link), *frames};
    }
    const auto found = by_index_.find(*index);
    if (found == by_index_.end()) {
        tallies_.rejected_auth.add();  // of a session that is forgotten
        return std::nullopt;
    }
    auto link = found->second->shared_from_this();
    const auto& asking = link->asking;
    const bool proves = asking && asking->session && asking->session->own_index() == *index;
    DatagramSession* const session =
        link->current && link->current->own_index() == *index ? link->current.get()
        : link->before && link->before->own_index() == *index ? link->before.get()
        : proves                                              ? asking->session.get()
                                                              : nullptr;
    const auto frames = session ? opened(*session) : Result<std::span<char>>(Errc::auth_failed);
    if (!frames) {
        return std::nullopt;
    }
    if (proves && !(link = prove_asked(link))) {
        return std::nullopt;
    }
    heard(*link, !frames->empty());
    if (highest && from != link->at) {
        challenge(link, from);
    }
    return Opened{link, *frames};
}

// It is there. What it says is answered in time.
void Links::heard(Link& link, bool spoke) {
    link.unanswered_since = Link::never;
    if (link.asking && link.asking->as_unheard && link.waiting.empty()) {
        stop_asking(link);
    }
    if (spoke && link.answer_by == Link::never) {
        link.used_at = now();
        link.answer_by = link.used_at + answered_within;
        set_due(link);
    }
}

std::size_t Links::frame_max(const Link& link) const noexcept {
    return frame_in(bounds_.fragments ? bounds_.path_size_max : link.path.proven());
}

std::size_t Links::frame_max_soon(const Link& link) const noexcept {
    return may_grow(link) ? frame_in(bounds_.path_size_max) : frame_max(link);
}

std::size_t Links::frame_in(std::size_t datagram) noexcept {
    return std::min(datagram - DatagramSession::overhead, DatagramSession::frames_max) -
           DatagramSession::frame_head + FrameHeader::size;
}

void Links::pack(const std::shared_ptr<Link>& link, ByteView frame,
                 std::optional<RequestId> request) {
    // What is together is no larger than what every path takes as one, where that is not known.
    const std::size_t size = DatagramSession::size_of(frame.size());
    const std::size_t room =
        std::min(link->path.proven() - DatagramSession::overhead, DatagramSession::frames_max);
    if (!link->frames.empty() && link->frames.size() + size > room) {
        seal(link);
    }
    if (!link->packed) {
        packed_.push_back(link);
        link->packed = true;
        if (link->frames.empty()) {
            link->frames.swap(spare_);
        }
    }
    DatagramSession::append_frame(frame, link->frames);
    packed_bytes_ += size;
    if (request) {
        link->requests.push_back(*request);
    }
}

void Links::seal(const std::shared_ptr<Link>& link) {
    packed_bytes_ -= link->frames.size();
    std::string frames = std::exchange(link->frames, {});
    if (link->current) {
        say_sealed(*link, frames, Sent::to_be_answered, std::exchange(link->requests, {}));
    }
    link->requests.clear();
    frames.clear();
    if (link->frames.empty()) {
        link->frames.swap(frames);  // for the memory
    }
}

void Links::seal_all() {
    for (std::size_t i = 0; i < packed_.size(); ++i) {
        const auto link = packed_[i];
        link->packed = false;
        if (link->moves) {
            continue;  // until it is known where it is
        }
        if (!link->frames.empty()) {
            seal(link);
        }
        spare_ = std::exchange(link->frames, {});
        renew_in_time(link);
    }
    packed_.clear();
}

void Links::say_sealed(Link& link, ByteView frames, Sent how, std::span<const RequestId> requests) {
    const auto time = now();
    link.used_at = time;
    owner_.send_sealed(link, link.at, frames, how == Sent::whole, requests);
    if (how == Sent::whole) {
        return;  // perhaps it is too large to arrive
    }
    link.answer_by = Link::never;
    if (link.unanswered_since == Link::never && how == Sent::to_be_answered) {
        link.unanswered_since = time;
    }
    set_due(link);
}

void Links::renew_in_time(const std::shared_ptr<Link>& link) {
    if (!link->current) {
        return;
    }
    if (link->asking) {
        insist(link, true);
        return;
    }
    const auto after = DatagramSession::renewed_after +
                       (link->current->initiated() ? std::chrono::seconds(0) : renewed_later);
    const auto time = now();
    if (time - link->current->began_at() >= after && time >= link->ask_at) {
        ask(link, true);
    }
}

// What was said for the session itself.
void Links::take_own(const std::shared_ptr<Link>& link, ByteView body, const Address& from,
                     std::optional<std::size_t> size) {
    if (body.empty() || !link->current) {
        return;
    }
    if (body[0] == probe && size) {
        std::string answer(3, probe_arrived);
        wire::put_u16(answer.data() + 1, static_cast<std::uint16_t>(*size));
        say_own(*link, answer, Sent::unanswered);
    } else if (body[0] == probe_arrived && body.size() >= 3) {
        link->path.arrived(wire::get_u16(body.data() + 1), now());
        set_due(*link);
        go_on(link, {});  // what was too large before
    } else if (body[0] == where_are_you && size) {
        say_own(*link, std::string(1, here_i_am).append(body.substr(1)), Sent::unanswered);
    } else if (body[0] == here_i_am && link->moves && link->moves->to == from &&
               crypto::constant_time_equal(body.substr(1), link->moves->said()) &&
               may_be_at(*link, from)) {
        move(link, from);
    }
}

void Links::say_own(Link& link, ByteView body, Sent how) {
    say_sealed(link, own_frame(body), how);
}

// One that is answered if it arrives whole.
void Links::probe_path(Link& link, std::size_t size) {
    std::string body(size - DatagramSession::overhead - DatagramSession::frame_head, '\0');
    body[0] = probe;
    say_own(link, body, Sent::whole);
}

void Links::say_challenge(Link& link) {
    owner_.send_sealed(link, link.moves->to,
                       own_frame(std::string(1, where_are_you).append(link.moves->said())), false);
}

void Links::not_sent(const Address& to, std::size_t size, bool too_large) {
    const auto link = link_at(to);
    if (!link || !too_large) {
        return;
    }
    const bool only_tried = size > link->path.proven();
    link->path.refused(size, now());
    set_due(*link);
    if (only_tried && !link->path.due(now())) {
        go_on(link, {});  // what waits is too large
    }
}

}  // namespace netaio::core

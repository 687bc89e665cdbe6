#include <algorithm>

#include "../wire/endian.hpp"
#include "links.hpp"

/// What goes through sessions over datagrams.
namespace netaio::core {
namespace {

// What a session says for itself, in the place of a frame.
constexpr char probe = 1;
constexpr char probe_arrived = 2;

// How long the end that was asked lets the other be the one to renew.
constexpr std::chrono::seconds renewed_later{30};
// A frame for the session alone.
std::string own_frame(std::size_t size) {
    std::string frame(FrameHeader::size + size, '\0');
    FrameHeader{sealed_frame, 0, static_cast<std::uint16_t>(size), 0}.write(
        std::span(frame).first<FrameHeader::size>());
    std::string sealed;
    DatagramSession::append_frame(frame, sealed);
    return sealed;
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
            tallies_.rejected_replayed.add(session.came(sealed) ? 1 : 0);
            tallies_.rejected_auth.add(session.came(sealed) ? 0 : 1);
        }
        return frames;
    };
    if (const auto pending = pending_.find(*index); pending != pending_.end()) {
        if (!pending->second.session) {
            return std::nullopt;
        }
        const auto frames = opened(*pending->second.session);
        if (!frames) {
            return std::nullopt;
        }
        auto link = prove(pending, from);
        heard(*link, !frames->empty());
        return Opened{std::move(link), *frames};
    }
    const auto found = by_index_.find(*index);
    if (found == by_index_.end()) {
        return std::nullopt;  // of a session that is forgotten
    }
    const auto link = found->second->shared_from_this();
    auto& asking = link->asking;
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
    if (proves) {
        prove_asked(link);
    }
    if (highest && from != link->at && session == link->current.get()) {
        move(link, from);
    }
    heard(*link, !frames->empty());
    return Opened{link, *frames};
}

// It is there. What it says is answered in time.
void Links::heard(Link& link, bool spoke) {
    link.unanswered_since = Link::never;
    if (spoke && link.answer_by == Link::never) {
        link.used_at = now();
        link.answer_by = link.used_at + answer_within;
        set_due(link);
    }
}

std::size_t Links::frame_max(const Link& link) const noexcept {
    return largest_frame(link.path.proven());
}

// What fits in a datagram for one path.
std::size_t Links::largest_frame(std::size_t whole) const noexcept {
    const std::size_t datagram = bounds_.fragments ? bounds_.path_size_max : whole;
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
        link->frames.swap(spare_);
    }
    DatagramSession::append_frame(frame, link->frames);
    packed_bytes_ += size;
    if (request) {
        link->requests.push_back(*request);
    }
}

void Links::seal(const std::shared_ptr<Link>& link) {
    packed_bytes_ -= link->frames.size();
    if (link->current) {
        say_sealed(*link, link->frames, Sent::to_be_answered);
    }
    link->frames.clear();
    link->requests.clear();
}

void Links::seal_all() {
    for (std::size_t i = 0; i < packed_.size(); ++i) {
        const auto link = packed_[i];
        if (!link->frames.empty()) {
            seal(link);
        }
        link->packed = false;
        spare_ = std::exchange(link->frames, {});
        renew_in_time(link);
    }
    packed_.clear();
}

void Links::say_sealed(Link& link, ByteView frames, Sent how) {
    const auto time = now();
    link.used_at = time;
    owner_.send_sealed(link, frames, how == Sent::whole);
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
    if (!link->current || link->asking) {
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
void Links::take_own(const std::shared_ptr<Link>& link, ByteView body, std::size_t size) {
    if (body.empty() || !link->current) {
        return;
    }
    if (body[0] == probe) {
        std::string answer = own_frame(3);
        answer[DatagramSession::frame_head] = probe_arrived;
        wire::put_u16(answer.data() + DatagramSession::frame_head + 1,
                      static_cast<std::uint16_t>(size));
        say_sealed(*link, answer, Sent::unanswered);
    } else if (body[0] == probe_arrived && body.size() >= 3) {
        link->path.arrived(wire::get_u16(body.data() + 1), now());
        set_due(*link);
        go_on(link, {});  // what was too large before
    }
}

// One that is answered if it arrives whole.
void Links::probe_path(Link& link, std::size_t size) {
    std::string frame = own_frame(size - DatagramSession::overhead - DatagramSession::frame_head);
    frame[DatagramSession::frame_head] = probe;
    say_sealed(link, frame, Sent::whole);
}

void Links::not_sent(const Address& to, std::size_t size, bool too_large) {
    const auto link = link_at(to);
    if (link && too_large) {
        link->path.refused(size, now());
        set_due(*link);
    }
}

}  // namespace netaio::core

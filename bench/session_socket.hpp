#pragma once

#include <netaio/make.hpp>

#include "core/session_handshake.hpp"
#include "frames.hpp"
#include "sockets.hpp"

/// A client's end of a session on a bare socket, which seals what it sends and only counts what
/// comes.
namespace netaio::bench {

/// The key of servers.
inline Secret session_seed() {
    return std::string(crypto::key_size, 's');
}

/// How much longer each frame is within a session.
constexpr std::size_t sealed_overhead = core::Session::overhead;

namespace detail {

inline std::string content_of_next_frame(int fd) {
    std::string frame(FrameHeader::size, '\0');
    receive_all(fd, frame);
    const auto header = FrameHeader::read(
        std::span<const char, FrameHeader::size>(frame.data(), FrameHeader::size));
    frame.resize(header.frame_size());
    receive_all(fd, std::span(frame).subspan(FrameHeader::size));
    return decode_message(frame).value().content().str();
}

}  // namespace detail

/// Begins a session with the server at the other end, whose layer is bare.
inline core::Session begin_session(int fd) {
    static const Environment environment;
    static const core::SessionTerms terms({}, {}, true, *environment.random);
    core::SessionAsker asker(terms, {}, session_key(session_seed()), *environment.random);
    send_all(fd, frame_of(request(core::session_uri, asker.ask())));
    if (const auto third = asker.take(detail::content_of_next_frame(fd)); !third) {
        throw std::system_error(third.error(), "a session");
    }
    return {asker.agreed().keys, {}};
}

/// A frame as it goes through the session.
inline std::string sealed(core::Session& session, std::string_view frame) {
    std::string out;
    session.seal(frame, {}, out);
    return out;
}

}  // namespace netaio::bench

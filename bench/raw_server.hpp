#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <netaio/frame.hpp>
#include <string>
#include <unordered_map>

#include "sockets.hpp"
#include "wire/checksum.hpp"

/// A server on bare epoll, as the limit to compare with: it trusts its client, has no limits, and
/// serves one purpose.
namespace netaio::bench {

/// Echoes frames with nothing changed but the type: what any server has to do at least.
struct EchoFrames {
    void operator()(const FrameHeader& header, std::string_view frame,
                    std::vector<char>& out) const {
        const std::size_t start = out.size();
        out.resize(start + header.frame_size());
        std::memcpy(out.data() + start, frame.data(), frame.size());
        out[start] = static_cast<char>(MessageType::respond_uri);
    }
};

/// Does by the shortest way what a netaio server can't avoid: verifies the checksum, finds the
/// handler, calls it, and builds the reply with its checksum.
class ServeFrames {
public:
    explicit ServeFrames(std::size_t other_routes) {
        for (std::size_t i = 0; i < other_routes; ++i) {
            routes_[key_of(MessageType::request_uri, "route" + std::to_string(i))] = respond;
        }
        routes_[key_of(MessageType::request_uri, "echo")] = respond;
    }

    void operator()(const FrameHeader& header, std::string_view frame, std::vector<char>& out) {
        const std::string_view body = frame.substr(FrameHeader::size + header.auth_size);
        if (wire::crc32(body) != header.checksum) {
            throw std::runtime_error("a frame with a wrong checksum");
        }
        const std::size_t uri_size = get_u16(body.data());
        const std::string_view uri = body.substr(2, uri_size);
        const auto found = routes_.find(key_of(header.type, uri));
        if (found != routes_.end()) {
            found->second(uri, body.substr(2 + uri_size), out);
        }
    }

private:
    using Handler =
        std::function<void(std::string_view uri, std::string_view content, std::vector<char>& out)>;

    static std::uint16_t get_u16(const char* at) {
        return static_cast<std::uint16_t>(static_cast<unsigned char>(at[0]) << 8 |
                                          static_cast<unsigned char>(at[1]));
    }

    // The key is valid until the next one.
    const std::string& key_of(MessageType type, std::string_view uri) {
        key_.assign(1, static_cast<char>(type));
        return key_.append(uri);
    }

    static void respond(std::string_view uri, std::string_view content, std::vector<char>& out) {
        static constexpr std::string_view no_auth("\x4d\x40\x00", 3);
        const std::size_t start = out.size();
        const std::size_t body_size = 2 + uri.size() + content.size();
        out.resize(start + FrameHeader::size + no_auth.size() + body_size);
        char* header = out.data() + start;
        char* body = header + FrameHeader::size + no_auth.size();
        std::memcpy(header + FrameHeader::size, no_auth.data(), no_auth.size());
        body[0] = static_cast<char>(uri.size() >> 8);
        body[1] = static_cast<char>(uri.size());
        std::memcpy(body + 2, uri.data(), uri.size());
        std::memcpy(body + 2 + uri.size(), content.data(), content.size());
        FrameHeader{MessageType::respond_uri, static_cast<std::uint16_t>(no_auth.size()),
                    static_cast<std::uint16_t>(body_size),
                    wire::crc32(std::string_view(body, body_size))}
            .write(std::span<char, FrameHeader::size>(header, FrameHeader::size));
    }

    std::unordered_map<std::string, Handler> routes_;
    std::string key_;
};

/// Handles the whole frames in the first `have` bytes and moves what is left to the front. Returns
/// how much that is.
template <class OnFrame>
std::size_t split_frames(std::vector<char>& in, std::size_t have, std::vector<char>& out,
                         OnFrame&& on_frame) {
    const std::string_view bytes(in.data(), have);
    std::size_t at = 0;
    while (bytes.size() - at >= FrameHeader::size) {
        const auto header = FrameHeader::read(
            std::span<const char, FrameHeader::size>(bytes.data() + at, FrameHeader::size));
        if (bytes.size() - at < header.frame_size()) {
            break;
        }
        on_frame(header, bytes.substr(at, header.frame_size()), out);
        at += header.frame_size();
    }
    std::memmove(in.data(), in.data() + at, have - at);
    return have - at;
}

/// Serves until the process ends; `on_frame(header, frame, out)` appends the reply.
template <class OnFrame>
class RawServer {
public:
    RawServer(Descriptor listening, OnFrame on_frame)
        : listening_(std::move(listening)),
          epoll_(must(epoll_create1(0), "epoll_create1")),
          on_frame_(std::move(on_frame)) {
        watch(EPOLL_CTL_ADD, listening_.get(), EPOLLIN, nullptr);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 256> events;
        for (;;) {
            const int count =
                must(epoll_wait(epoll_.get(), events.data(), events.size(), -1), "epoll");
            for (const epoll_event& event :
                 std::span(events).first(static_cast<std::size_t>(count))) {
                handle(event);
            }
        }
    }

private:
    struct Connection {
        explicit Connection(int fd) : socket(fd), in(128 * 1024) {}

        Descriptor socket;
        std::vector<char> in;
        std::size_t have = 0;
        std::vector<char> out;
        std::size_t sent = 0;
        bool blocked = false;
    };

    void watch(int operation, int fd, std::uint32_t events, Connection* connection) {
        epoll_event event{.events = events, .data = {.ptr = connection}};
        must(epoll_ctl(epoll_.get(), operation, fd, &event), "epoll_ctl");
    }

    void handle(const epoll_event& event) {
        auto* connection = static_cast<Connection*>(event.data.ptr);
        if (!connection) {
            accept_all();
        } else if (event.events & EPOLLOUT) {
            flush(*connection);
        } else {
            serve(connection);
        }
    }

    void accept_all() {
        for (;;) {
            const int fd =
                accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) {
                return;
            }
            set_no_delay(fd);
            watch(EPOLL_CTL_ADD, fd, EPOLLIN, new Connection(fd));
        }
    }

    void serve(Connection* connection) {
        std::vector<char>& in = connection->in;
        const ssize_t count =
            recv(connection->socket.get(), in.data() + connection->have,
                 std::min<std::size_t>(64 * 1024, in.size() - connection->have), 0);
        if (count < 0 && errno == EAGAIN) {
            return;
        }
        if (count <= 0) {
            delete connection;
            return;
        }
        connection->have += static_cast<std::size_t>(count);
        connection->have = split_frames(in, connection->have, connection->out, on_frame_);
        if (!connection->out.empty()) {
            flush(*connection);
        }
    }

    void flush(Connection& connection) {
        const std::string_view out(connection.out.data(), connection.out.size());
        while (connection.sent < out.size()) {
            const std::size_t sent =
                send_some(connection.socket.get(), out.substr(connection.sent));
            if (sent == 0) {
                break;
            }
            connection.sent += sent;
        }
        const bool blocked = connection.sent < out.size();
        if (!blocked) {
            connection.out.clear();
            connection.sent = 0;
        }
        if (blocked != connection.blocked) {
            connection.blocked = blocked;
            watch(EPOLL_CTL_MOD, connection.socket.get(), blocked ? EPOLLOUT : EPOLLIN,
                  &connection);
        }
    }

    Descriptor listening_;
    Descriptor epoll_;
    OnFrame on_frame_;
};

}  // namespace netaio::bench

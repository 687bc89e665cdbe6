#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <netaio/timer.hpp>

#include "channel.hpp"
#include "core/waiting.hpp"
#include "socket_listener.hpp"

namespace netaio::net {
namespace {

using Endpoint = boost::asio::local::stream_protocol::endpoint;

constexpr std::size_t name_max = sizeof(sockaddr_un::sun_path) - 1;
// Between attempts to connect to a server that accepts more slowly than others come.
constexpr auto retry_pause = std::chrono::milliseconds(5);
// Others may begin to listen at the same place and end again meanwhile.
constexpr int publishing_attempts = 8;

std::error_code system_error(int number) {
    return {number, std::system_category()};
}

bool is_abstract(std::string_view name) {
    return name.starts_with('@');
}

Endpoint endpoint_of(std::string_view name) {
    std::string path(name);
    if (is_abstract(name)) {
        path.front() = '\0';
    }
    return path;
}

// Most have no name of their own.
Address numbered(std::string_view name) {
    static std::atomic<std::uint64_t> last{0};
    const auto number = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return *Address::named("unix", std::string(name) + '#' + std::to_string(number));
}

Connected connected(StreamSocket socket, Address remote, Address local) {
    core::Ends ends{std::move(remote), std::move(local), credentials_of(socket)};
    return {std::move(ends),
            [socket = std::move(socket)]() mutable { return open_channel(std::move(socket)); }};
}

int connect_now(StreamSocket& socket, const Endpoint& to) {
    return ::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0
               ? 0
               : errno;
}

// Another may have taken the place of a file that is to be removed.
class SocketFile {
public:
    explicit SocketFile(std::string path) : path_(std::move(path)), known_(look(made_)) {}
    SocketFile(SocketFile&& other) noexcept
        : path_(std::move(other.path_)),
          made_(other.made_),
          known_(std::exchange(other.known_, false)) {}
    SocketFile& operator=(SocketFile&&) = delete;
    ~SocketFile() {
        struct stat now{};
        if (known_ && look(now) && now.st_dev == made_.st_dev && now.st_ino == made_.st_ino) {
            ::unlink(path_.c_str());
        }
    }

    const std::string& path() const noexcept { return path_; }

private:
    bool look(struct stat& found) const { return ::lstat(path_.c_str(), &found) == 0; }

    std::string path_;
    struct stat made_{};
    bool known_;
};

class UnixListener final : public SocketListener {
public:
    UnixListener(StreamAcceptor socket, const Address& at, std::optional<SocketFile> file)
        : SocketListener(std::move(socket), at), file_(std::move(file)) {}

    void close() noexcept override {
        file_.reset();
        SocketListener::close();
    }

private:
    Result<Connected> accepted(StreamSocket socket) override {
        return connected(std::move(socket), numbered(address().name()), address());
    }

    std::optional<SocketFile> file_;
};

// A name for a file beside another, so short that it fits where that does.
std::string beside(const std::string& path, Random& random) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
    std::string name = path.substr(0, path.rfind('/') + 1) + '.';
    for (int i = 0; i < 7; ++i) {
        name += letters[random.between(0, letters.size() - 1)];
    }
    return name;
}

// Whether a server listens there. One that may not be asked is taken for alive.
bool is_alive(const boost::asio::any_io_executor& executor, const std::string& path) {
    StreamSocket socket(executor);
    boost::system::error_code error;
    const Endpoint to = endpoint_of(path);
    open_socket(socket, StreamProtocol(AF_UNIX, 0), error);
    if (!error) {
        socket.non_blocking(true, error);
    }
    const int refused = error ? error.value() : connect_now(socket, to);
    return refused != ECONNREFUSED && refused != ENOENT;
}

// Takes away what a server left behind that is gone.
std::error_code clear_away(const boost::asio::any_io_executor& executor, const std::string& path,
                           const Environment& environment) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
        return errno == ENOENT ? std::error_code() : system_error(errno);
    }
    if (!S_ISSOCK(found.st_mode)) {
        environment.log(LogLevel::error,
                        path + " is no socket: remove it, or choose another path to listen at");
        return system_error(EEXIST);
    }
    const std::string aside = beside(path, *environment.random);
    bool alive = is_alive(executor, path);
    if (!alive) {
        if (::rename(path.c_str(), aside.c_str()) != 0) {
            return errno == ENOENT ? std::error_code() : system_error(errno);
        }
        // Another may have begun to listen between the look and the move.
        alive = is_alive(executor, aside) && ::link(aside.c_str(), path.c_str()) == 0;
        ::unlink(aside.c_str());
    }
    if (alive) {
        environment.log(LogLevel::error, "a server listens at " + path +
                                             " already: stop it, or choose another path");
        return system_error(EADDRINUSE);
    }
    environment.log(LogLevel::debug, "replaced the socket of a server that is gone: " + path);
    return {};
}

// Where nobody finds it until it listens, and may be connected to by whom it is for alone.
Result<SocketFile> listen_beside(StreamAcceptor& acceptor, const std::string& path,
                                 const TcpServerOptions& options) {
    const std::string hidden = beside(path, *options.environment.random);
    if (hidden.size() > name_max) {
        return system_error(ENAMETOOLONG);
    }
    boost::system::error_code error;
    acceptor.bind(endpoint_of(hidden), error);
    if (error) {
        return std::error_code(error);
    }
    SocketFile file(hidden);
    const UnixSocketOptions& wanted = options.unix_socket;
    if (::chmod(hidden.c_str(), wanted.mode) != 0) {
        return system_error(errno);
    }
    constexpr auto unchanged = static_cast<std::uint32_t>(-1);
    if ((wanted.owner || wanted.group) && ::lchown(hidden.c_str(), wanted.owner.value_or(unchanged),
                                                   wanted.group.value_or(unchanged)) != 0) {
        return system_error(errno);
    }
    acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    return error ? Result<SocketFile>(std::error_code(error)) : std::move(file);
}

Result<SocketFile> listen_at(StreamAcceptor& acceptor, const std::string& path,
                             const TcpServerOptions& options) {
    auto hidden = listen_beside(acceptor, path, options);
    if (!hidden) {
        return hidden.error();
    }
    for (int i = 0; i < publishing_attempts; ++i) {
        if (::link(hidden->path().c_str(), path.c_str()) == 0) {
            return SocketFile(path);
        }
        if (errno != EEXIST) {
            return system_error(errno);
        }
        if (const auto error = clear_away(acceptor.get_executor(), path, options.environment)) {
            return error;
        }
    }
    return system_error(EADDRINUSE);
}

Result<std::shared_ptr<Listener>> listen(const boost::asio::any_io_executor& executor,
                                         const Address& address, const TcpServerOptions& options) {
    const std::string name(address.name());
    if (name.size() > name_max) {
        return system_error(ENAMETOOLONG);
    }
    StreamAcceptor acceptor(executor);
    boost::system::error_code error;
    open_socket(acceptor, StreamProtocol(AF_UNIX, 0), error);
    if (!error) {
        acceptor.non_blocking(true, error);
    }
    std::optional<SocketFile> file;
    if (!error && is_abstract(name)) {
        acceptor.bind(endpoint_of(name), error);
        if (!error) {
            acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
        }
    } else if (!error) {
        auto made = listen_at(acceptor, name, options);
        if (!made) {
            return made.error();
        }
        file.emplace(std::move(*made));
    }
    if (error) {
        return std::error_code(error);
    }
    return std::shared_ptr<Listener>(
        std::make_shared<UnixListener>(std::move(acceptor), address, std::move(file)));
}

// Asio takes a server whose queue is full, which says to try again, for one that accepts.
boost::asio::awaitable<Attempt> connect(std::string host, std::uint16_t, TcpClientOptions options) {
    const Address server = *Address::parse(host);
    if (server.name().size() > name_max) {
        co_return Attempt{system_error(ENAMETOOLONG)};
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    const Endpoint to = endpoint_of(server.name());
    StreamSocket socket(executor);
    boost::system::error_code error;
    open_socket(socket, StreamProtocol(AF_UNIX, 0), error);
    if (!error) {
        socket.non_blocking(true, error);
    }
    if (error) {
        co_return Attempt{error};
    }
    Timer pause(executor);
    const auto deadline = SteadyTime::now() + core::bounded(options.connect_timeout);
    int refused = connect_now(socket, to);
    while (refused == EAGAIN || refused == EINTR) {
        if (SteadyTime::now() >= deadline) {
            co_return Attempt{make_error_code(Errc::timeout)};
        }
        pause.expires_after(retry_pause);
        co_await pause.async_wait(boost::asio::use_awaitable);
        refused = connect_now(socket, to);
    }
    if (refused != 0) {
        co_return Attempt{system_error(refused)};
    }
    co_return Attempt{{}, connected(std::move(socket), server, numbered(""))};
}

}  // namespace

const Transport unix_transport{"unix", listen, connect};

}  // namespace netaio::net

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <netaio/timer.hpp>
#include <thread>

#include "channel.hpp"
#include "core/waiting.hpp"
#include "socket_listener.hpp"

namespace netaio::net {
namespace {

using Endpoint = boost::asio::local::stream_protocol::endpoint;

constexpr std::size_t name_max = sizeof(sockaddr_un::sun_path) - 1;
// Between attempts to connect to a server that accepts more slowly than others come.
constexpr auto retry_pause = std::chrono::milliseconds(5);
// How long others may take to begin to listen in the same folder.
constexpr auto lock_timeout = std::chrono::seconds(2);

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
        return connected(std::move(socket), numbered(address()), address());
    }

    std::optional<SocketFile> file_;
};

// Has servers that begin to listen in a folder do so one after another.
class FolderLock {
public:
    explicit FolderLock(const std::string& file) {
        const std::string folder = file.substr(0, file.rfind('/') + 1);
        fd_ = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const auto end = std::chrono::steady_clock::now() + lock_timeout;
        int failed = fd_ < 0 ? errno : 0;
        while (failed == 0 && ::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
            failed = errno;
            if ((failed == EWOULDBLOCK || failed == EINTR) &&
                std::chrono::steady_clock::now() < end) {
                std::this_thread::sleep_for(retry_pause);
                failed = 0;
            }
        }
        error_ = system_error(failed);
    }
    ~FolderLock() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    const std::error_code& error() const noexcept { return error_; }

private:
    int fd_ = -1;
    std::error_code error_;
};

// Whether a server listens there; one that may not be asked does.
bool is_alive(const boost::asio::any_io_executor& executor, const std::string& path,
              std::error_code& error) {
    StreamSocket socket(executor);
    boost::system::error_code failed;
    open_socket(socket, StreamProtocol(AF_UNIX, 0), failed);
    if (!failed) {
        socket.non_blocking(true, failed);
    }
    const int refused = failed ? 0 : connect_now(socket, endpoint_of(path));
    if (refused == ECONNREFUSED || refused == ENOENT) {
        return false;
    }
    if (refused != EAGAIN && refused != EACCES && refused != EPERM) {
        error = failed ? std::error_code(failed) : system_error(refused);
    }
    return true;
}

// Takes away what a server left behind that is gone.
std::error_code clear_away(const boost::asio::any_io_executor& executor, const std::string& path,
                           const Log& log) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
        return errno == ENOENT ? std::error_code() : system_error(errno);
    }
    if (!S_ISSOCK(found.st_mode)) {
        log(LogLevel::error,
            path + " is no socket: remove it, or choose another path to listen at");
        return system_error(EEXIST);
    }
    std::error_code error;
    const bool alive = is_alive(executor, path, error);
    if (error) {
        return error;
    }
    if (alive) {
        log(LogLevel::error,
            "a server listens at " + path + " already: stop it, or choose another path");
        return system_error(EADDRINUSE);
    }
    return ::unlink(path.c_str()) == 0 || errno == ENOENT ? std::error_code() : system_error(errno);
}

// Whom the file is for has to hold before it listens, as before that nobody can connect.
std::error_code give(const std::string& path, const UnixSocketOptions& to) {
    constexpr auto unchanged = static_cast<std::uint32_t>(-1);
    if (::fchmodat(AT_FDCWD, path.c_str(), to.mode, AT_SYMLINK_NOFOLLOW) != 0) {
        return system_error(errno);
    }
    if ((to.owner || to.group) &&
        ::lchown(path.c_str(), to.owner.value_or(unchanged), to.group.value_or(unchanged)) != 0) {
        return system_error(errno);
    }
    return {};
}

Result<SocketFile> listen_at(StreamAcceptor& acceptor, const std::string& path,
                             const TcpServerOptions& options) {
    const FolderLock lock(path);
    if (lock.error()) {
        return lock.error();
    }
    if (const auto error = clear_away(acceptor.get_executor(), path, options.environment.log)) {
        return error;
    }
    boost::system::error_code error;
    acceptor.bind(endpoint_of(path), error);
    if (error) {
        return std::error_code(error);
    }
    SocketFile file(path);
    if (const auto refused = give(path, options.unix_socket)) {
        return refused;
    }
    acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    return error ? Result<SocketFile>(std::error_code(error)) : std::move(file);
}

Result<std::shared_ptr<Listener>> listen(const boost::asio::any_io_executor& executor,
                                         const Address& address, const TcpServerOptions& options) {
    const std::string name(address.name());
    if (name.size() > name_max) {
        return system_error(ENAMETOOLONG);
    }
    if (is_abstract(name) && !has_abstract_names()) {
        return make_error_code(Errc::unsupported);
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
boost::asio::awaitable<ConnectResult> connect(std::string host, std::uint16_t,
                                              TcpClientOptions options) {
    const Address server = *Address::parse(host);
    if (server.name().size() > name_max) {
        co_return ConnectResult{system_error(ENAMETOOLONG)};
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
        co_return ConnectResult{error};
    }
    Timer pause(executor);
    const auto deadline = SteadyTime::now() + core::bounded(options.connect_timeout);
    int refused = connect_now(socket, to);
    while (refused == EAGAIN || refused == EINTR) {
        if (SteadyTime::now() >= deadline) {
            co_return ConnectResult{make_error_code(Errc::timeout)};
        }
        pause.expires_after(retry_pause);
        co_await pause.async_wait(boost::asio::use_awaitable);
        refused = connect_now(socket, to);
    }
    if (refused != 0) {
        co_return ConnectResult{system_error(refused)};
    }
    co_return ConnectResult{{}, connected(std::move(socket), server, numbered(server))};
}

}  // namespace

const Transport unix_transport{"unix", listen, connect};

}  // namespace netaio::net

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
#include <filesystem>
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
constexpr auto lock_timeout = std::chrono::seconds(1);

std::error_code system_error(int number) {
    return {number, std::system_category()};
}

bool is_abstract(std::string_view name) {
    return name.starts_with('@');
}

Result<Endpoint> endpoint_of(std::string_view name) {
    if (name.size() > name_max) {
        return system_error(ENAMETOOLONG);
    }
    std::string path(name);
    if (is_abstract(name)) {
        path.front() = '\0';
    }
    return Endpoint(path);
}

template <class Socket>
std::error_code open_unix(Socket& socket) {
    boost::system::error_code error;
    open_socket(socket, StreamProtocol(AF_UNIX, 0), error);
    if (!error) {
        socket.non_blocking(true, error);
    }
    return error;
}

Connected connected_unix(StreamSocket socket, Address remote, Address local) {
    core::Ends ends{std::move(remote), std::move(local), credentials_of(socket.native_handle())};
    return {std::move(ends),
            [socket = std::move(socket)]() mutable { return open_channel(std::move(socket)); }};
}

int connect_now(int socket, const Endpoint& to) {
    return ::connect(socket, to.data(), static_cast<socklen_t>(to.size())) == 0 ? 0 : errno;
}

// Removes the file in the end, but no other that has its place, nor in a process that was forked.
class SocketFile {
public:
    explicit SocketFile(const std::string& path) {
        std::error_code unknown;  // then it is found where it was made only
        path_ = std::filesystem::absolute(path, unknown).string();
        if (unknown) {
            path_ = path;
        }
        owner_ = look(made_) ? ::getpid() : 0;
    }
    SocketFile(SocketFile&& other) noexcept
        : path_(std::move(other.path_)),
          made_(other.made_),
          owner_(std::exchange(other.owner_, 0)) {}
    SocketFile& operator=(SocketFile&&) = delete;
    ~SocketFile() {
        struct stat now{};
        if (owner_ == ::getpid() && look(now) && now.st_dev == made_.st_dev &&
            now.st_ino == made_.st_ino) {
            ::unlink(path_.c_str());
        }
    }

    const std::string& path() const noexcept { return path_; }
    unsigned mode() const noexcept { return made_.st_mode & 07777; }

private:
    bool look(struct stat& found) const { return ::lstat(path_.c_str(), &found) == 0; }

    std::string path_;
    struct stat made_{};
    pid_t owner_ = 0;
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
        return connected_unix(std::move(socket), numbered(address()), address());
    }

    std::optional<SocketFile> file_;
};

// Has servers that begin to listen in a folder do so one after another. Anybody who may read the
// folder could hold it, so after a while it goes without.
class FolderLock {
public:
    explicit FolderLock(const std::string& file) {
        const std::string folder = file.substr(0, file.rfind('/') + 1);
        fd_ = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const auto end = std::chrono::steady_clock::now() + lock_timeout;
        while (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) != 0 &&
               (errno == EWOULDBLOCK || errno == EINTR) && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(retry_pause);
        }
    }
    ~FolderLock() {
        if (fd_ >= 0) {
            ::flock(fd_, LOCK_UN);  // whoever was forked has it, too
            ::close(fd_);
        }
    }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int fd_;
};

// Asks whether a server listens there: 0, or what is wrong with that.
int ask(const boost::asio::any_io_executor& executor, const Endpoint& at) {
    StreamSocket socket(executor);
    const auto failed = open_unix(socket);
    return failed ? failed.value() : connect_now(socket.native_handle(), at);
}

// Takes away what a server left behind that is gone.
std::error_code clear_away(const boost::asio::any_io_executor& executor, const Endpoint& at,
                           const Log& log) {
    const std::string path = at.path();
    const auto refuse = [&](const std::string& why, int error) {
        log(LogLevel::error, path + why + ", or choose another path to listen at");
        return system_error(error);
    };
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
        return errno == ENOENT ? std::error_code() : system_error(errno);
    }
    if (!S_ISSOCK(found.st_mode)) {
        return refuse(" is no socket: remove it", EEXIST);
    }
    switch (const int refused = ask(executor, at)) {
        case ENOENT: return {};
        case ECONNREFUSED: break;
        case 0:
        case EAGAIN: return refuse(": a server listens there already: stop it", EADDRINUSE);
        case EACCES:
        case EPERM:
            return refuse(
                " is another user's, and may not be asked whether it is in use: remove it",
                refused);
        default: return system_error(refused);
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return refuse(
            ", which a server left behind, cannot be removed by this user: have it removed", errno);
    }
    return {};
}

// Whom the file is for has to hold before it listens, as before that nobody can connect.
std::error_code give(const SocketFile& file, const UnixSocketOptions& to) {
    const char* const path = file.path().c_str();
    if (file.mode() != to.mode && ::fchmodat(AT_FDCWD, path, to.mode, AT_SYMLINK_NOFOLLOW) != 0) {
        return system_error(errno);
    }
    constexpr auto unchanged = static_cast<std::uint32_t>(-1);
    if ((to.owner || to.group) &&
        ::lchown(path, to.owner.value_or(unchanged), to.group.value_or(unchanged)) != 0) {
        return system_error(errno);
    }
    return {};
}

Result<SocketFile> listen_at(StreamAcceptor& acceptor, const Endpoint& at,
                             const TcpServerOptions& options) {
    const FolderLock lock(at.path());
    const UnixSocketOptions& who = options.unix_socket;
    if (const auto error = clear_away(acceptor.get_executor(), at, options.environment.log)) {
        return error;
    }
    // On Linux the file has this from the beginning, but for what the umask takes away.
    static_cast<void>(::fchmod(acceptor.native_handle(), who.mode));
    boost::system::error_code error;
    acceptor.bind(at, error);
    if (error) {
        return std::error_code(error);
    }
    SocketFile file(at.path());
    if (const auto refused = give(file, who)) {
        return refused;
    }
    acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    return error ? Result<SocketFile>(std::error_code(error)) : std::move(file);
}

Result<std::shared_ptr<Listener>> listen_unix(const boost::asio::any_io_executor& executor,
                                              const Address& address,
                                              const TcpServerOptions& options) {
    const bool abstract = is_abstract(address.name());
    if (abstract && !has_abstract_names()) {
        return make_error_code(Errc::unsupported);
    }
    const auto at = endpoint_of(address.name());
    if (!at) {
        return at.error();
    }
    StreamAcceptor acceptor(executor);
    if (const auto error = open_unix(acceptor)) {
        return error;
    }
    std::optional<SocketFile> file;
    if (abstract) {
        boost::system::error_code error;
        acceptor.bind(*at, error);
        if (!error) {
            acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
        }
        if (error) {
            return std::error_code(error);
        }
    } else {
        auto made = listen_at(acceptor, *at, options);
        if (!made) {
            return made.error();
        }
        file.emplace(std::move(*made));
    }
    return std::shared_ptr<Listener>(
        std::make_shared<UnixListener>(std::move(acceptor), address, std::move(file)));
}

// Asio takes a server whose queue is full, which says to try again, for one that accepts.
boost::asio::awaitable<ConnectResult> connect_unix(std::string host, std::uint16_t,
                                                   TcpClientOptions options) {
    const Address server = *Address::parse(host);
    const auto to = endpoint_of(server.name());
    if (!to) {
        co_return ConnectResult{to.error()};
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    StreamSocket socket(executor);
    if (const auto error = open_unix(socket)) {
        co_return ConnectResult{error};
    }
    Timer pause(executor);
    const auto deadline = SteadyTime::now() + core::bounded(options.connect_timeout);
    int refused = connect_now(socket.native_handle(), *to);
    while (refused == EAGAIN || refused == EINTR) {
        if (SteadyTime::now() >= deadline) {
            co_return ConnectResult{make_error_code(Errc::timeout)};
        }
        pause.expires_after(retry_pause);
        co_await pause.async_wait(boost::asio::use_awaitable);
        refused = connect_now(socket.native_handle(), *to);
    }
    if (refused != 0) {
        co_return ConnectResult{system_error(refused)};
    }
    co_return ConnectResult{{}, connected_unix(std::move(socket), server, numbered(server))};
}

// A connect call that waits is itself served when a full queue has room.
Result<Dialled> dial_unix(const std::string& host, std::uint16_t, const TcpClientOptions& options) {
    using std::chrono::steady_clock;
    const Address server = *Address::parse(host);
    const auto to = endpoint_of(server.name());
    if (!to) {
        return to.error();
    }
    Descriptor socket(open_stream(AF_UNIX));
    if (!socket.is_open()) {
        return system_error(errno);
    }
    const auto deadline = steady_clock::now() + core::bounded(options.connect_timeout);
    int refused = EINTR;
    for (auto left = deadline - steady_clock::now(); refused == EINTR || refused == EAGAIN;
         left = deadline - steady_clock::now()) {
        if (refused == EAGAIN && left.count() <= 0) {
            return make_error_code(Errc::timeout);
        }
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left);
        static_cast<void>(
            limit_wait(socket.get(), SO_SNDTIMEO, std::max(wait, std::chrono::milliseconds(1))));
        refused = connect_now(socket.get(), *to);
    }
    if (refused != 0) {
        return system_error(refused);
    }
    core::Ends ends{server, numbered(server), credentials_of(socket.get())};
    return Dialled{std::move(ends), std::make_unique<BlockingCarrier>(std::move(socket))};
}

}  // namespace

const Transport unix_transport{"unix", listen_unix, connect_unix, dial_unix};

}  // namespace netaio::net

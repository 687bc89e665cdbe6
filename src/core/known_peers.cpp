#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <mutex>
#include <netaio/session.hpp>

namespace netaio {
namespace {

// A name is what is before the last space of a line.
struct Line {
    std::string_view server;
    std::optional<SessionKey> key;
};

std::optional<Line> read_line(std::string_view line) {
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.front() == '#') {
        return std::nullopt;
    }
    const auto space = line.rfind(' ');
    if (line.front() == ' ' || line.front() == '\t') {
        return Line{line, std::nullopt};  // a name that would not be found is no name
    }
    return space == line.npos ? Line{line, std::nullopt}
                              : Line{line.substr(0, line.find_last_not_of(' ', space) + 1),
                                     parse_session_key(line.substr(space + 1))};
}

class KnownPeersFile final : public KnownPeers {
public:
    explicit KnownPeersFile(std::string path) : path_(std::move(path)) {}

    Result<std::optional<SessionKey>> find(std::string_view server) override {
        const std::lock_guard lock(mutex_);
        return read(server);
    }

    // Two connections may learn of one server at once.
    std::error_code add(std::string_view server, const SessionKey& key) override {
        const std::lock_guard lock(mutex_);
        const auto known = read(server);
        if (!known) {
            return known.error();
        }
        if (*known) {
            return **known == key ? std::error_code() : Errc::peer_changed;
        }
        return append(std::string(server) + " " + to_string(key) + "\n");
    }

private:
    Result<std::optional<SessionKey>> read(std::string_view server) const {
        std::ifstream file(path_);
        if (!file) {
            const int why = errno;
            return why == ENOENT ? Result<std::optional<SessionKey>>(std::nullopt)
                                 : Result<std::optional<SessionKey>>(
                                       std::error_code(why, std::generic_category()));
        }
        std::string text;
        while (std::getline(file, text)) {
            const auto line = read_line(text);
            if (line && !line->key) {
                return Errc::malformed;  // it may have been the one that is asked for
            }
            if (line && line->server == server) {
                return std::optional(*line->key);
            }
        }
        if (file.bad()) {
            return std::make_error_code(std::errc::io_error);
        }
        return std::optional<SessionKey>();
    }
    std::error_code append(const std::string& line);

    std::mutex mutex_;
    const std::string path_;
};

// In one write, as other programs may add to it, too.
std::error_code KnownPeersFile::append(const std::string& line) {
    const auto failure = [] { return std::error_code(errno, std::generic_category()); };
    const int file =
        ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return failure();
    }
    const struct Closing {
        int file;
        ~Closing() { ::close(file); }
    } closing{file};
    char last = '\n';
    const off_t end = ::lseek(file, 0, SEEK_END);
    if (end < 0 || (end > 0 && ::pread(file, &last, 1, end - 1) != 1)) {
        return failure();
    }
    const std::string text = (last == '\n' ? "" : "\n") + line;
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0) {
        return failure();
    }
    return static_cast<std::size_t>(written) == text.size()
               ? std::error_code()
               : std::make_error_code(std::errc::no_space_on_device);
}

}  // namespace

std::shared_ptr<KnownPeers> known_peers_file(std::string path) {
    return std::make_shared<KnownPeersFile>(std::move(path));
}

}  // namespace netaio

#include "key_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "../wire/endian.hpp"
#include "../wire/hex.hpp"

namespace netaio::core {
namespace {

std::string hex_of_index(std::uint32_t index) {
    std::array<char, 4> bytes{};
    wire::put_u32(bytes.data(), index);
    return wire::hex(std::string_view(bytes.data(), bytes.size()));
}

}  // namespace

const KeyLog& KeyLog::of_process() {
    // Sessions may begin while the program ends.
    static const auto& log = *new KeyLog(std::getenv("NETAIO_KEYLOG"));
    return log;
}

KeyLog::KeyLog(const char* file) : name_(file ? file : "") {
    if (name_.empty()) {
        return;
    }
    file_ = ::open(name_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) {
        error_ = {errno, std::generic_category()};
    }
}

KeyLog::~KeyLog() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

void KeyLog::announce(const Log& log) const {
    if (is_kept()) {
        log(LogLevel::warning, "NETAIO_KEYLOG: the keys of all sessions go to '" + name_ +
                                   "'; who has that file can read everything that is said in them");
    } else if (error_) {
        log(LogLevel::error,
            "NETAIO_KEYLOG: keeps no keys in '" + name_ + "': " + error_.message());
    }
}

// In one write, as the other end may add to the same file.
void KeyLog::add(const noise::Disclosed& keys, const std::optional<SessionIndexes>& indexes) const {
    std::string line = "NETAIO_SESSION " + wire::hex(keys.ephemeral) + " " +
                       std::to_string(static_cast<int>(keys.cipher)) + " " +
                       wire::hex(keys.of_initiator.view()) + " " +
                       wire::hex(keys.of_responder.view());
    if (indexes) {
        line += " " + hex_of_index(indexes->initiator) + " " + hex_of_index(indexes->responder);
    }
    line += "\n";
    // Nobody waits for it: a session is worth more than its record.
    [[maybe_unused]] const auto written = ::write(file_, line.data(), line.size());
}

}  // namespace netaio::core

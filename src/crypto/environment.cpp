#include <ctime>
#include <netaio/environment.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace netaio {
namespace {

class SystemClock final : public Clock {
public:
    std::chrono::system_clock::time_point now() const override {
        return std::chrono::system_clock::now();
    }
    std::chrono::steady_clock::time_point steady_now() const override {
        return std::chrono::steady_clock::now();
    }
    // The system keeps the second at hand; a finer time has to be computed (bench: crypto_bench).
    std::uint32_t unix_seconds() const override {
        return static_cast<std::uint32_t>(std::time(nullptr));
    }
};

constexpr std::string_view hex_digits = "0123456789abcdef";

// Also the control characters of U+0080 to U+009F, whose second byte in UTF-8 they are.
bool is_control(std::string_view text, std::size_t at) noexcept {
    const auto byte = static_cast<unsigned char>(text[at]);
    return byte < 0x20 || byte == 0x7f ||
           (byte >= 0x80 && byte < 0xa0 && at > 0 && text[at - 1] == '\xc2');
}

std::string without_controls(std::string_view line) {
    std::string safe;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (!is_control(line, i)) {
            safe += line[i];
            continue;
        }
        const auto byte = static_cast<unsigned char>(line[i]);
        switch (line[i]) {
            case '\n': safe += "\\n"; break;
            case '\r': safe += "\\r"; break;
            case '\t': safe += "\\t"; break;
            default: safe.append({'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]});
        }
    }
    return safe;
}

}  // namespace

Log::Log(std::shared_ptr<const std::atomic<LogLevel>> level, Sink sink)
    : turned_(std::move(level)), sink_(std::move(sink)) {
    if (!turned_) {
        throw std::invalid_argument("a log needs a level; give one, or LogLevel::info for always");
    }
    if (!sink_) {
        turned_ = nullptr;
    }
}

void Log::write(LogLevel level, std::string_view line) const {
    try {
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (is_control(line, i)) {
                sink_(level, without_controls(line));
                return;
            }
        }
        sink_(level, line);
    } catch (...) {  // there is nobody left to tell
    }
}

std::uint32_t Clock::unix_seconds() const {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count());
}

std::string_view to_string(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::trace: return "trace";
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
        case LogLevel::off: return "off";
    }
    return "unknown";
}

std::shared_ptr<Clock> Environment::system_clock() {
    static const auto clock = std::make_shared<SystemClock>();
    return clock;
}

}  // namespace netaio

#include <ctime>
#include <netaio/environment.hpp>

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

}  // namespace

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

// A table of seen messages must agree with a plain set about what came, refuse what that has
// accepted once whatever the clock does and however little memory there is, and stay within that.

#include <fuzzer/FuzzedDataProvider.h>

#include <netaio/seen_messages.hpp>
#include <set>

#include "support.hpp"

namespace {

using namespace netaio;
using fuzz::require;
using std::chrono::seconds;

class FuzzedClock final : public Clock {
public:
    std::chrono::system_clock::time_point now() const override {
        return std::chrono::system_clock::time_point(seconds(time));
    }
    std::chrono::steady_clock::time_point steady_now() const override {
        return std::chrono::steady_clock::time_point(steady);
    }

    std::int64_t time = 1'700'000'000;
    std::chrono::milliseconds steady{0};
};

// What a table without bounds would know.
struct Model {
    struct Came {
        std::string what;
        std::uint32_t timestamp;

        auto operator<=>(const Came&) const = default;
    };

    // What is older than was ever asked for is forgotten, and may be young enough for who asks
    // later.
    void ask(std::int64_t max_age) {
        forgot = forgot || (max_age > longest && !accepted.empty());
        longest = std::max(longest, max_age);
    }

    std::set<Came> accepted;
    std::int64_t longest = 0;
    bool forgot = false;  // something that may still come
};

constexpr std::int64_t ahead_max = 10;

void see(SeenMessages& table, Model& model, const FuzzedClock& clock, std::size_t bytes_max,
         FuzzedDataProvider& input) {
    const std::string what = std::to_string(input.ConsumeIntegralInRange(0, 2000));
    const std::int64_t max_age = input.PickValueInArray({1, 5, 60});
    const auto now = static_cast<std::uint32_t>(clock.time);
    const auto timestamp = now - static_cast<std::uint32_t>(input.ConsumeIntegralInRange(-12, 62));
    const auto age = std::int64_t{now} - timestamp;
    model.ask(max_age);
    const Sighting sighting = table.see(what, timestamp, seconds(max_age));
    const bool new_to_model = !model.accepted.contains({what, timestamp});
    require(table.bytes() <= bytes_max);
    require((sighting.seen == Seen::too_old) == (age > max_age));
    require((sighting.seen == Seen::too_new) == (-age > ahead_max));
    model.forgot = model.forgot || sighting.shrunk;
    switch (sighting.seen) {
        case Seen::fresh:
            require(new_to_model);
            model.accepted.insert({what, timestamp});
            break;
        case Seen::copy:
        case Seen::replayed: require(!new_to_model); break;
        case Seen::below_floor:
            require(sighting.seconds > 0);
            require(model.forgot);  // by lack of memory, or as the clock went on and back
            break;
        default: break;
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const auto clock = std::make_shared<FuzzedClock>();
    const std::size_t bytes_max = input.PickValueInArray<std::size_t>({4096, 16384, 1 << 20});
    if (input.ConsumeBool()) {
        clock->time = input.PickValueInArray<std::int64_t>({0, 0xffff'fff0, 0x1'0000'0010});
    }
    SeenMessages table({.bytes_max = bytes_max,
                        .max_ahead = seconds(ahead_max),
                        .ran_before = false,
                        .environment = {.clock = clock}});
    Model model;
    std::uint32_t latest = clock->unix_seconds();
    while (input.remaining_bytes() > 0) {
        switch (input.ConsumeIntegralInRange(0, 9)) {
            case 0: {
                const auto step = input.ConsumeIntegralInRange(-100, 100);
                clock->time = std::max<std::int64_t>(clock->time + step, 0);
                latest = std::max(latest, clock->unix_seconds());
                // What was too old once is forgotten, though the clock may say otherwise now.
                model.forgot = model.forgot || clock->unix_seconds() < latest;
                break;
            }
            case 1:
                clock->steady += std::chrono::milliseconds(input.ConsumeIntegralInRange(0, 70'000));
                break;
            case 2: {
                model.ask(60);
                const int many = input.ConsumeIntegralInRange(0, 2000);
                for (int i = 0; i < many; ++i) {
                    const auto now = static_cast<std::uint32_t>(clock->time);
                    const std::string what = "m" + std::to_string(i);
                    const Sighting sighting = table.see(what, now, seconds(60));
                    model.forgot = model.forgot || sighting.shrunk;
                    if (sighting.seen == Seen::fresh) {
                        require(model.accepted.insert({what, now}).second);
                    }
                    require(table.bytes() <= bytes_max);
                }
                break;
            }
            default: see(table, model, *clock, bytes_max, input);
        }
    }
    // Nothing of all that passes once more, at any time.
    const std::size_t step = 1 + model.accepted.size() / 500;
    std::size_t number = 0;
    for (const auto& [what, timestamp] : model.accepted) {
        if (number++ % step == 0) {
            clock->time = timestamp;
            require(table.see(what, timestamp, seconds(60)).seen != Seen::fresh);
        }
    }
    return 0;
}

#include "world.hpp"

#include <cstring>

namespace netaio::sim {

std::uint64_t SeededRandom::next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

void SeededRandom::fill(std::span<char> bytes) {
    while (!bytes.empty()) {
        const std::uint64_t word = next();
        const std::size_t size = std::min(bytes.size(), sizeof(word));
        std::memcpy(bytes.data(), &word, size);
        bytes = bytes.subspan(size);
    }
}

std::uint32_t SeededRandom::between(std::uint32_t low, std::uint32_t high) {
    const std::uint64_t count = std::uint64_t{high} - low + 1;
    return low + static_cast<std::uint32_t>(next() % count);
}

bool SeededRandom::chance(double share) {
    return static_cast<double>(next() >> 11) < share * static_cast<double>(std::uint64_t{1} << 53);
}

Duration SeededRandom::between(Duration low, Duration high) {
    return low + Duration(between(0, static_cast<std::uint32_t>((high - low).count())));
}

std::string SeededRandom::bytes(std::size_t size_max) {
    std::string some(between(0, static_cast<std::uint32_t>(size_max)), '\0');
    fill(some);
    return some;
}

World::World(std::uint64_t seed) : dice_(std::make_shared<SeededRandom>(seed)) {}

void World::at(TimePoint when, std::function<void()> what) {
    events_.push({std::max(when, now()), next_order_++,
                  std::make_shared<std::function<void()>>(std::move(what))});
}

void World::run_for(Duration time) {
    const TimePoint end = now() + time;
    while (!events_.empty() && events_.top().when <= end) {
        const Event event = events_.top();
        events_.pop();
        clock_->set(event.when);
        (*event.what)();
    }
    clock_->set(end);
}

}  // namespace netaio::sim

#include "hashcash_price.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace netaio::plugins {
namespace {

constexpr std::string_view price_word = "hashcash ";
constexpr std::chrono::seconds look_pause{1};

}  // namespace

unsigned AskedPrice::at(const Environment& environment) {
    if (!can_change()) return base_;
    const PriceTime now = environment.clock->steady_now();
    if (now < next_.load(std::memory_order_relaxed)) return bits();
    const std::lock_guard lock(mutex_);
    if (now < next_.load(std::memory_order_relaxed)) return bits();
    const std::chrono::duration<double> passed = now - since_.value_or(now);
    const bool first = !since_;
    const double how_busy = load(passed.count());
    since_ = now;
    next_.store(now + look_pause, std::memory_order_relaxed);
    const unsigned before = bits();
    if (first) return before;
    unsigned after = before;
    if (how_busy > 1) {
        after = std::max(before, std::min(before + busy_.step, busy_.bits_max));
    } else if (how_busy < 0.5) {
        // Nobody looked while nothing came.
        const double fall = std::min(std::floor(passed.count()) * busy_.step, 1e3);
        after = before - std::min(before - base_, static_cast<unsigned>(fall));
    }
    if (after != before) {
        bits_.store(after, std::memory_order_relaxed);
        environment.log(LogLevel::info, "hashcash: the price is " + std::to_string(after) +
                                            " bits now, after " + std::to_string(before));
    }
    return after;
}

double AskedPrice::load(double seconds) noexcept {
    const std::clock_t cpu = std::clock();
    const double worked = static_cast<double>(cpu - cpu_) / CLOCKS_PER_SEC;
    cpu_ = cpu;
    const auto paid = static_cast<double>(paid_.exchange(0, std::memory_order_relaxed));
    if (!(seconds > 0)) return 0;
    const double by_rate = busy_.rate > 0 ? paid / seconds / busy_.rate : 0;
    const double by_cpu = busy_.cpu > 0 ? worked / seconds / busy_.cpu : 0;
    return std::max(by_rate, by_cpu);
}

unsigned ToldPrices::at(const Address& receiver, PriceTime now) const {
    if (!any_.load(std::memory_order_relaxed)) return 0;
    const std::lock_guard lock(mutex_);
    const auto found = told_.find(receiver);
    return found != told_.end() && now < found->second.until ? found->second.bits : 0;
}

void ToldPrices::remember(const Address& receiver, unsigned bits, PriceTime now) {
    const std::lock_guard lock(mutex_);
    if (told_.size() >= count_max && !told_.contains(receiver)) {
        std::erase_if(told_, [&](const auto& each) { return each.second.until <= now; });
    }
    if (told_.size() >= count_max && !told_.contains(receiver)) {
        told_.erase(std::ranges::min_element(told_, {},
                                             [](const auto& each) { return each.second.until; }));
    }
    told_[receiver] = {bits, now + lifetime};
    any_.store(true, std::memory_order_relaxed);
}

std::string price_text(unsigned bits) {
    return std::string(price_word) + std::to_string(bits);
}

std::optional<unsigned> read_price(ByteView text) noexcept {
    if (!text.starts_with(price_word)) return std::nullopt;
    const std::string_view digits = text.substr(price_word.size());
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return bits;
}

}  // namespace netaio::plugins

#pragma once

#include <atomic>
#include <ctime>
#include <map>
#include <mutex>
#include <netaio/address.hpp>
#include <netaio/hashcash_auth.hpp>
#include <optional>

/// What stamps cost: asked by a receiver, and told to a sender.
namespace netaio::plugins {

using PriceTime = std::chrono::steady_clock::time_point;

/// What a receiver asks for, see HashcashBusy. Thread-safe.
class AskedPrice {
public:
    AskedPrice(unsigned base, const HashcashBusy& busy)
        : base_(base), busy_(busy), bits_(base), next_(PriceTime::min()) {}

    unsigned bits() const noexcept { return bits_.load(std::memory_order_relaxed); }
    /// The same after a look at the clock. Writes a line where it changes.
    unsigned at(const Environment& environment);
    void count_paid() noexcept {
        if (can_change()) paid_.fetch_add(1, std::memory_order_relaxed);
    }

private:
    bool can_change() const noexcept { return base_ > 0 && (busy_.rate > 0 || busy_.cpu > 0); }
    // How busy it was, 1 as much as may be.
    double load(double seconds) noexcept;

    const unsigned base_;
    const HashcashBusy busy_;
    std::atomic<unsigned> bits_;
    std::atomic<std::uint64_t> paid_{0};
    std::atomic<PriceTime> next_;  // when to look again

    std::mutex mutex_;
    std::optional<PriceTime> since_;
    std::clock_t cpu_ = 0;
};

/// What receivers told this sender that they ask for. Thread-safe.
class ToldPrices {
public:
    /// How long a price is remembered.
    static constexpr std::chrono::seconds lifetime{60};
    static constexpr std::size_t count_max = 1024;

    /// 0 when none is known.
    unsigned at(const Address& receiver, PriceTime now) const;
    void remember(const Address& receiver, unsigned bits, PriceTime now);

private:
    struct Told {
        unsigned bits;
        PriceTime until;
    };

    mutable std::mutex mutex_;
    std::map<Address, Told> told_;
    std::atomic<bool> any_{false};  // most senders are never told any
};

/// What an AUTH_ERROR says of a price, as `hashcash 22`; and back.
std::string price_text(unsigned bits);
std::optional<unsigned> read_price(ByteView text) noexcept;

}  // namespace netaio::plugins

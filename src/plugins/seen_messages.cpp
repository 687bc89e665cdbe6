#include <sodium.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <limits>
#include <map>
#include <mutex>
#include <netaio/seen_messages.hpp>
#include <stdexcept>

#include "../wire/keyed_hash.hpp"
#include "mark_file.hpp"

namespace netaio {
namespace {

constexpr std::int64_t second_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t no_floor = -1;

// What a table may take, and takes. An allocation that would be beyond it fails.
struct SeenBudget {
    std::size_t bytes_max;
    std::size_t used = 0;
};
struct BeyondBudget : std::bad_alloc {};

template <class T>
struct CountingAllocator {
    using value_type = T;

    explicit CountingAllocator(SeenBudget& from) noexcept : budget(&from) {}
    template <class U>
    CountingAllocator(const CountingAllocator<U>& other) noexcept : budget(other.budget) {}

    T* allocate(std::size_t n) {
        if (bytes_of(n) > budget->bytes_max - budget->used) {
            throw BeyondBudget();
        }
        T* const memory = std::allocator<T>().allocate(n);
        budget->used += bytes_of(n);
        return memory;
    }
    void deallocate(T* memory, std::size_t n) noexcept {
        budget->used -= bytes_of(n);
        std::allocator<T>().deallocate(memory, n);
    }

    // The system keeps a header for each allocation, and rounds up.
    static std::size_t bytes_of(std::size_t n) noexcept { return n * sizeof(T) + 16; }

    template <class U>
    friend bool operator==(const CountingAllocator& a, const CountingAllocator<U>& b) noexcept {
        return a.budget == b.budget;
    }

    SeenBudget* budget;
};

// A message: 56 bits of the hash, and when it came in the lowest eight, which say nothing of who it
// is. Nobody who does not know the key can make two that are the same, and by chance one message in
// 80 thousand millions would be taken for another where a million have its timestamp.
using Entry = std::uint64_t;
constexpr unsigned when_bits = 8;
constexpr Entry when_mask = (1 << when_bits) - 1;

struct EntryHash {
    std::size_t operator()(Entry entry) const noexcept { return entry >> when_bits; }
};
struct EntryEqual {
    bool operator()(Entry a, Entry b) const noexcept { return (a ^ b) >> when_bits == 0; }
};

// The messages of one timestamp.
struct Bucket {
    using TimePoint = std::chrono::steady_clock::time_point;
    using Quarters = std::chrono::duration<std::int64_t, std::ratio<1, 4>>;

    Bucket(SeenBudget& budget, TimePoint now) : made(now), entries(Allocator(budget)) {}

    Seen see(std::uint64_t hash, TimePoint now) {
        const std::int64_t since = quarters(now);
        // A minute after the first there are no copies any more that took another way.
        const auto when = static_cast<Entry>(std::clamp<std::int64_t>(since, 0, when_mask));
        const auto [found, is_new] = entries.insert((hash & ~when_mask) | when);
        return is_new ? Seen::fresh : again(*found, since);
    }
    Seen look(std::uint64_t hash, TimePoint now) const {
        const auto found = entries.find(hash & ~when_mask);
        return found == entries.end() ? Seen::fresh : again(*found, quarters(now));
    }

    std::int64_t quarters(TimePoint now) const noexcept {
        return std::chrono::floor<Quarters>(now - made).count();
    }
    static Seen again(Entry known, std::int64_t since) noexcept {
        const auto came = static_cast<std::int64_t>(known & when_mask);
        const bool soon = Quarters(since - came) <= SeenMessages::copies_within;
        return soon && came < static_cast<std::int64_t>(when_mask) ? Seen::copy : Seen::replayed;
    }

    using Allocator = CountingAllocator<Entry>;

    TimePoint made;
    boost::unordered_flat_set<Entry, EntryHash, EntryEqual, Allocator> entries;
};

wire::HashKey drawn_key() {
    wire::HashKey key;
    // Not from an Environment, as in wire/keyed_hash.
    randombytes_buf(key.data(), key.size());
    return key;
}

SeenOptions validated_seen(SeenOptions options) {
    if (options.bytes_max < 4096) {
        throw std::invalid_argument("SeenOptions::bytes_max is too small: give it 4096 or more");
    }
    if (options.max_ahead.count() < 0 || options.max_ahead > std::chrono::years(100)) {
        throw std::invalid_argument(
            "SeenOptions::max_ahead must be a time from zero on and not never, as a message dated "
            "for later would be remembered until then");
    }
    return options;
}

}  // namespace

struct SeenMessages::Table {
    explicit Table(SeenOptions given)
        : options(validated_seen(std::move(given))), budget{options.bytes_max} {
        if (!options.mark_file.empty()) {
            mark_lock.emplace(options.mark_file);
        }
        const std::optional<std::uint32_t> mark =
            options.mark_file.empty() ? std::nullopt : plugins::take_mark(options.mark_file);
        if (mark) {
            floor = *mark;
        } else if (options.ran_before) {
            const auto ahead = std::chrono::ceil<std::chrono::seconds>(options.max_ahead);
            floor = std::min(now() + ahead.count(), second_max);
        }
    }
    ~Table() {
        // Everything that was accepted is dated so or before.
        const std::int64_t mark = std::max(floor, newest);
        if (options.mark_file.empty() || mark == no_floor) {
            return;
        }
        try {
            plugins::leave_mark(options.mark_file, static_cast<std::uint32_t>(mark));
        } catch (const std::exception& failed) {
            options.environment.log(LogLevel::error,
                                    std::string("the next start will refuse what is dated before "
                                                "it: ") +
                                        failed.what());
        }
    }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    // Not Clock::unix_seconds(), which may lag: what another system dates by its new second would
    // be ahead.
    std::int64_t now() const {
        const auto since = options.environment.clock->now().time_since_epoch();
        return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(since).count());
    }

    Sighting see(std::uint64_t hash, std::uint32_t timestamp, std::chrono::milliseconds max_age) {
        const Sighting sighting = look(hash, timestamp, max_age);
        if (sighting.seen != Seen::fresh) {
            return sighting;
        }
        Sighting kept = remember(hash, timestamp);
        if (kept.seen == Seen::fresh) {
            kept.seconds = sighting.seconds;
        }
        return kept;
    }

    Sighting look(std::uint64_t hash, std::uint32_t timestamp, std::chrono::milliseconds max_age) {
        using std::chrono::seconds;
        const std::int64_t age = now() - timestamp;
        longest = std::max(longest, max_age);
        forget_old(age + timestamp);
        if (seconds(age) > max_age) {
            return {Seen::too_old, age};
        }
        if (seconds(-age) > options.max_ahead) {
            return {Seen::too_new, age};
        }
        if (timestamp <= floor) {
            return {Seen::below_floor, floor + 1 - timestamp};
        }
        const auto bucket = buckets.find(timestamp);
        const Seen seen = bucket == buckets.end()
                              ? Seen::fresh
                              : bucket->second.look(hash, options.environment.clock->steady_now());
        return {seen, age};
    }

    void forget_old(std::int64_t now) {
        while (!buckets.empty() &&
               std::chrono::seconds(now - std::int64_t{buckets.begin()->first}) > longest) {
            forget_oldest();
        }
    }
    // What was forgotten must not come again, also where the clock steps back.
    void forget_oldest() {
        floor = std::max<std::int64_t>(floor, buckets.begin()->first);
        buckets.erase(buckets.begin());
    }

    Sighting remember(std::uint64_t hash, std::uint32_t timestamp) {
        const auto time = options.environment.clock->steady_now();
        for (bool shrunk = false;; shrunk = true) {
            try {
                Bucket& bucket = buckets.try_emplace(timestamp, budget, time).first->second;
                const Seen seen = bucket.see(hash, time);
                newest = std::max<std::int64_t>(newest, timestamp);
                return {seen, 0, shrunk};
            } catch (const BeyondBudget&) {
                if (!make_room(timestamp)) {
                    return {Seen::below_floor, floor + 1 - timestamp, true};
                }
            }
        }
    }
    // Forgets what is oldest, which may be those of this timestamp.
    bool make_room(std::uint32_t timestamp) {
        if (buckets.empty() || timestamp < buckets.begin()->first) {
            floor = std::max<std::int64_t>(floor, timestamp);
        } else {
            forget_oldest();
        }
        return timestamp > floor;
    }

    const SeenOptions options;
    const wire::HashKey key = drawn_key();
    mutable std::mutex mutex;
    SeenBudget budget;
    std::map<std::uint32_t, Bucket, std::less<>,
             CountingAllocator<std::pair<const std::uint32_t, Bucket>>>
        buckets{CountingAllocator<std::pair<const std::uint32_t, Bucket>>(budget)};
    std::chrono::milliseconds longest{0};  // that was asked for
    std::int64_t floor = no_floor;
    std::int64_t newest = no_floor;  // that was accepted
    std::optional<plugins::MarkLock> mark_lock;
};

SeenMessages::SeenMessages(SeenOptions options)
    : max_ahead_(options.max_ahead), table_(std::make_unique<Table>(std::move(options))) {}

SeenMessages::~SeenMessages() = default;

Sighting SeenMessages::see(ByteView what, std::uint32_t timestamp,
                           std::chrono::milliseconds max_age) {
    const std::uint64_t hash = wire::sip_hash(what, table_->key);
    const std::lock_guard lock(table_->mutex);
    return table_->see(hash, timestamp, max_age);
}

Sighting SeenMessages::look(ByteView what, std::uint32_t timestamp,
                            std::chrono::milliseconds max_age) {
    const std::uint64_t hash = wire::sip_hash(what, table_->key);
    const std::lock_guard lock(table_->mutex);
    return table_->look(hash, timestamp, max_age);
}

std::size_t SeenMessages::bytes() const {
    const std::lock_guard lock(table_->mutex);
    return table_->budget.used;
}

std::size_t SeenMessages::size() const {
    const std::lock_guard lock(table_->mutex);
    std::size_t sum = 0;
    for (const auto& [timestamp, bucket] : table_->buckets) {
        sum += bucket.entries.size();
    }
    return sum;
}

}  // namespace netaio

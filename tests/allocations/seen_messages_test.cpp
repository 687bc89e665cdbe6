// That a table of seen messages takes no more memory than it says, and than it may.
#include <gtest/gtest.h>

#include <netaio/seen_messages.hpp>

#include "support/fixed_environment.hpp"
#include "support/memory_taken.hpp"

namespace netaio::test {
namespace {

using namespace std::chrono_literals;

TEST(SeenMessagesMemory, IsAllCountedAndBounded) {
    for (const int per_second : {1, 100, 20'000, 300'000}) {
        SeenOptions options{.bytes_max = 4 << 20, .ran_before = false};
        const auto clock = std::make_shared<FixedClock>();
        options.environment.clock = clock;
        SeenMessages table(options);
        const std::size_t before = memory_taken;
        std::size_t most = 0;
        for (int i = 0; i < 400'000; ++i) {
            if (i % per_second == 0) {
                clock->advance(1s);
            }
            const auto ts = clock->unix_seconds();
            table.see(ByteView(std::string_view(reinterpret_cast<const char*>(&i), sizeof i)), ts,
                      1h);
            const std::size_t taken = memory_taken - before;
            most = std::max(most, taken);
            ASSERT_LE(taken, options.bytes_max + options.bytes_max / 64);
            // The system rounds large pieces up to its pages.
            ASSERT_LE(taken, table.bytes() + 3 * 4096);
        }
        EXPECT_GT(most, std::min<std::size_t>(options.bytes_max / 3, 200 * 3600));
    }
}

}  // namespace
}  // namespace netaio::test

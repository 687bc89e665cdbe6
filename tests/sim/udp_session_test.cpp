#include "udp_storm.hpp"

namespace netaio::sim {
namespace {

using namespace std::chrono_literals;

TEST(UdpSessionStorm, LeavesWhatIsPromised) {
    for_each_seed(10'000, [](std::uint64_t seed) {
        UdpStorm storm(seed);
        storm.rage(40);
        if (seed % 5 == 0) {
            storm.outage();
        }
        storm.expect_recovery();
        storm.expect_news();
        storm.end();
        EXPECT_EQ(storm.broken(), std::set<std::string>());
    });
}

// Were nothing of this to happen, the rest would prove little.
TEST(UdpSessionStorm, HasAllOfItHappen) {
    UdpStorm::Happened happened;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        UdpStorm storm(seed);
        storm.rage(40);
        storm.expect_recovery();
        storm.add_to(happened);
    }
    EXPECT_GT(happened.sessions, 200u);
    EXPECT_GT(happened.replayed, 20u);
    EXPECT_GT(happened.refused, 20u);
    EXPECT_GT(happened.heard_sealed, 1000u);
    EXPECT_GT(happened.heard_clear, 100u);
}

// A canary: were this not caught, neither would be a session that lets somebody else speak.
TEST(UdpSessionStorm, CatchesWhoSpeaksInTheNameOfOthers) {
    UdpStorm storm(8);
    storm.say_what_was_never_said();
    EXPECT_FALSE(storm.broken().empty());
}

}  // namespace
}  // namespace netaio::sim

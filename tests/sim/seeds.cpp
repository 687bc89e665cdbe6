#include "seeds.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace netaio::sim {

namespace {

std::uint64_t number_from_environment(const char* name) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : 0;
}

#ifdef NDEBUG
constexpr std::uint64_t slowness = 1;
#else
constexpr std::uint64_t slowness = 20;
#endif

}  // namespace

void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t)>& scenario) {
    const std::uint64_t only = number_from_environment("NETAIO_SIM_SEED");
    const std::uint64_t wanted = number_from_environment("NETAIO_SIM_SEEDS");
    const std::uint64_t first = only ? only : 1;
    const std::uint64_t last = only     ? only
                               : wanted ? wanted
                                        : std::max<std::uint64_t>(1, count / slowness);
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        scenario(seed);
        if (testing::Test::HasFailure()) {
            std::printf("replay it with: NETAIO_SIM_SEED=%llu sim --gtest_filter=%s.%s\n",
                        static_cast<unsigned long long>(seed), test->test_suite_name(),
                        test->name());
            return;
        }
    }
}

}  // namespace netaio::sim

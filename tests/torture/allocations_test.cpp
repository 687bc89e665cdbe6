// What becomes of nodes when memory runs out, once, at any place. This program replaces operator
// new by one that fails when told to, and what Asio uses beside it (see CMakeLists.txt).
#include <gtest/gtest.h>

#include <atomic>

#include "support/replaced_new.hpp"
#include "trial.hpp"

namespace {

std::atomic<bool> armed{false};
std::atomic<bool> has_failed{false};
std::atomic<std::size_t> left{0};
std::atomic<bool> watched{false};

bool fails() noexcept {
    if (watched.load(std::memory_order_relaxed)) {
        netaio::test::note_place();
    }
    if (!armed.load(std::memory_order_relaxed) || left.fetch_sub(1) != 1) {
        return false;
    }
    has_failed = true;
    netaio::test::note_failure("allocation");
    return true;
}

}  // namespace

bool netaio::test::may_allocate() noexcept {
    return !fails();
}

// What the linker calls aligned_alloc() in this program.
extern "C" void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
extern "C" void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
    return fails() ? nullptr : __real_aligned_alloc(alignment, size);
}

namespace netaio::test {
namespace {

class FailingAllocation final : public Failure {
public:
    void arm(std::size_t n) override {
        left = n;
        has_failed = false;
        armed = true;
    }
    void watch() override { watched = true; }
    void disarm() override {
        armed = false;
        watched = false;
    }
    bool failed() const override { return has_failed; }
};

class AllocationTest : public ::testing::TestWithParam<Way> {};

TEST_P(AllocationTest, AnyMayFail) {
    FailingAllocation failure;
    EXPECT_EQ(attempt_all(GetParam(), failure), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Ways, AllocationTest,
                         ::testing::Values(Way::program_loop, Way::own_threads),
                         [](const auto& one) {
                             return one.param == Way::program_loop ? "OnTheProgramsLoop"
                                                                   : "OnThreadsOfItsOwn";
                         });

}  // namespace
}  // namespace netaio::test

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "trial.hpp"

/// What becomes of nodes when a system call fails, once, any of them. Needs failing_calls.cpp
/// preloaded.
namespace netaio::test {
namespace {

template <class Function>
Function* preloaded(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

class FailingCall final : public Failure {
public:
    explicit FailingCall(int error) : error_(error) {}

    static bool possible() { return arm_() != nullptr; }
    void arm(std::size_t n) override { arm_()(n, error_, note_failure); }
    void watch() override {
        preloaded<void(void (*)())>("failing_calls_watch")([] { note_place(); });
    }
    void disarm() override { preloaded<void()>("failing_calls_disarm")(); }
    bool failed() const override { return preloaded<bool()>("failing_calls_failed")(); }

private:
    using Arm = void(std::size_t, int, void (*)(const char*));
    static Arm* arm_() { return preloaded<Arm>("failing_calls_arm"); }

    int error_;
};

class SystemCallTest : public ::testing::TestWithParam<std::tuple<Way, int>> {};

TEST_P(SystemCallTest, AnyMayFail) {
    if (!FailingCall::possible()) {
        GTEST_SKIP() << "nothing is preloaded";
    }
    FailingCall failure(std::get<1>(GetParam()));
    EXPECT_EQ(attempt_all(std::get<0>(GetParam()), failure), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Ways, SystemCallTest,
                         ::testing::Combine(::testing::Values(Way::program_loop, Way::own_threads),
                                            ::testing::Values(0, 1)),
                         [](const auto& one) {
                             return std::string(std::get<0>(one.param) == Way::program_loop
                                                    ? "OnTheProgramsLoop"
                                                    : "OnThreadsOfItsOwn") +
                                    (std::get<1>(one.param) == 0 ? "" : "ByAnotherError");
                         });

}  // namespace
}  // namespace netaio::test

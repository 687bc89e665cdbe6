#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <netaio/environment.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/fixed_environment.hpp"

namespace netaio {
namespace {

std::string draw(Random& random, std::size_t size) {
    std::string bytes(size, '\0');
    random.fill(bytes);
    return bytes;
}

// What `give` returns in a forked child.
template <class Give>
std::string in_child(Give give) {
    int ends[2];
    if (pipe(ends) != 0) {
        return {};
    }
    const pid_t child = fork();
    if (child == 0) {
        const std::string bytes = give();
        const bool sent =
            write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
        _exit(sent ? 0 : 1);
    }
    close(ends[1]);
    std::array<char, 4096> buffer;
    std::string received;
    for (ssize_t got; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
        received.append(buffer.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return received;
}

TEST(SecureRandom, NeverGivesTheSameBytesTwice) {
    const auto random = Environment::secure_random();
    std::set<std::string> seen;
    for (int i = 0; i < 2000; ++i) {  // several pools full
        EXPECT_TRUE(seen.insert(draw(*random, 16)).second);
    }
}

TEST(SecureRandom, FillsAnySize) {
    const auto random = Environment::secure_random();
    for (const std::size_t size : {0u, 1u, 511u, 512u, 513u, 4096u, 100'000u}) {
        const std::string bytes = draw(*random, size);
        if (size >= 511) {
            // All 256 values are absent from so many bytes with a chance below 1e-100.
            EXPECT_GT(std::set<char>(bytes.begin(), bytes.end()).size(), 128u) << size;
            EXPECT_NE(bytes.substr(size - 16), std::string(16, '\0')) << size;
        }
    }
}

TEST(SecureRandom, AChildDoesNotShareItsParentsBytes) {
    const auto random = Environment::secure_random();
    draw(*random, 16);  // so that there is a pool to share
    const auto next = [&] { return draw(*random, 64); };
    const std::string first = in_child(next);
    const std::string second = in_child(next);
    const std::string own = next();
    EXPECT_EQ(first.size(), 64u);
    EXPECT_EQ(second.size(), 64u);
    EXPECT_NE(first, second);
    EXPECT_NE(first, own);
    EXPECT_NE(second, own);
}

TEST(SecureRandom, ThreadsDoNotShareBytes) {
    const auto random = Environment::secure_random();
    std::array<std::vector<std::string>, 4> drawn;
    std::vector<std::thread> threads;
    for (auto& mine : drawn) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                mine.push_back(draw(*random, 16));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::set<std::string> seen;
    for (const auto& one : drawn) {
        seen.insert(one.begin(), one.end());
    }
    EXPECT_EQ(seen.size(), 2000u);
}

// Gives the same four bytes for ever, and then others.
class Stuck final : public Random {
public:
    Stuck(std::uint32_t number, int times, std::uint32_t after)
        : number_(number), times_(times), after_(after) {}

    void fill(std::span<char> bytes) override {
        ASSERT_EQ(bytes.size(), 4u);
        const std::uint32_t number = times_-- > 0 ? number_ : after_;
        std::memcpy(bytes.data(), &number, 4);
        ++draws;
    }

    int draws = 0;

private:
    std::uint32_t number_;
    int times_;
    std::uint32_t after_;
};

TEST(RandomBetween, StaysWithinItsBoundsAndReachesThem) {
    test::CountingRandom random;
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < 6000; ++i) {
        ++counts[random.between(5, 10)];
    }
    EXPECT_EQ(counts.size(), 6u);
    EXPECT_EQ(counts.begin()->first, 5u);
    EXPECT_EQ(counts.rbegin()->first, 10u);
    for (const auto& [number, count] : counts) {
        EXPECT_NEAR(count, 1000, 200) << number;
    }
}

TEST(RandomBetween, DrawsNothingWhenThereIsNoChoice) {
    Stuck random(0, 0, 0);
    EXPECT_EQ(random.between(7, 7), 7u);
    EXPECT_EQ(random.between(0xffff'ffff, 0xffff'ffff), 0xffff'ffffu);
    EXPECT_EQ(random.draws, 0);
}

TEST(RandomBetween, CoversAllNumbersThereAre) {
    Stuck random(0xffff'ffff, 1, 0);
    EXPECT_EQ(random.between(0, 0xffff'ffff), 0xffff'ffffu);
    EXPECT_EQ(random.between(0, 0xffff'ffff), 0u);
}

TEST(RandomBetween, DrawsAgainWhereSomeNumbersWouldBeLikelier) {
    // Of 2^32 draws, 2^32 mod 3 = 1 must be refused: the one that multiplies to 0.
    Stuck random(0, 2, 0x8000'0000);
    EXPECT_EQ(random.between(10, 12), 11u);
    EXPECT_EQ(random.draws, 3);
}

}  // namespace
}  // namespace netaio

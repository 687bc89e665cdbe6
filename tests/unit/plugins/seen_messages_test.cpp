#include <gtest/gtest.h>

#include <netaio/errc.hpp>
#include <netaio/never.hpp>
#include <netaio/seen_messages.hpp>
#include <thread>

#include "support/fixed_environment.hpp"
#include "support/log_lines.hpp"
#include "support/temporary_folder.hpp"

namespace netaio {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t start = 1'700'000'000;

struct SeenMessagesTest : testing::Test {
    SeenOptions options() const { return {.ran_before = false, .environment = {.clock = clock}}; }
    Seen see(SeenMessages& table, const std::string& what, std::uint32_t timestamp) const {
        return table.see(what, timestamp, 2min).seen;
    }
    void pass(std::chrono::milliseconds time) const { clock->advance(time); }

    std::shared_ptr<test::FixedClock> clock =
        std::make_shared<test::FixedClock>(std::chrono::seconds(start));
};

// As a system's does that keeps the second at hand.
struct LateSecond final : Clock {
    std::chrono::system_clock::time_point now() const override {
        return std::chrono::system_clock::time_point(std::chrono::seconds(start));
    }
    std::chrono::steady_clock::time_point steady_now() const override { return {}; }
    std::uint32_t unix_seconds() const override { return start - 1; }
};

TEST_F(SeenMessagesTest, KnowsWhenASecondHasBegun) {
    SeenMessages table({.max_ahead = 0s,
                        .ran_before = false,
                        .environment = {.clock = std::make_shared<LateSecond>()}});
    EXPECT_EQ(see(table, "a", start), Seen::fresh);
    EXPECT_EQ(see(table, "a", start + 1), Seen::too_new);
}

TEST_F(SeenMessagesTest, TakesEachMessageOnce) {
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", start), Seen::fresh);
    EXPECT_EQ(see(table, "b", start), Seen::fresh);
    EXPECT_EQ(see(table, "a", start - 1), Seen::fresh);
    pass(6s);
    EXPECT_EQ(see(table, "a", start), Seen::replayed);
    EXPECT_EQ(see(table, "b", start), Seen::replayed);
    EXPECT_EQ(see(table, "a", start - 1), Seen::replayed);
    EXPECT_EQ(table.size(), 3u);
}

TEST_F(SeenMessagesTest, TellsACopyThatTookAnotherWayFromAReplay) {
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", start), Seen::fresh);
    EXPECT_EQ(see(table, "a", start), Seen::copy);
    pass(4900ms);
    EXPECT_EQ(see(table, "a", start), Seen::copy);
    pass(600ms);
    EXPECT_EQ(see(table, "a", start), Seen::replayed);
}

TEST_F(SeenMessagesTest, ALookRemembersNothingAndSaysTheSame) {
    SeenMessages table(options());
    const auto look = [&](const std::string& what, std::uint32_t timestamp) {
        return table.look(what, timestamp, 2min).seen;
    };
    EXPECT_EQ(look("a", start), Seen::fresh);
    EXPECT_EQ(look("a", start), Seen::fresh);
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(see(table, "a", start), Seen::fresh);
    EXPECT_EQ(look("a", start), Seen::copy);
    EXPECT_EQ(look("b", start), Seen::fresh);
    EXPECT_EQ(look("a", start + 1), Seen::fresh);
    EXPECT_EQ(look("a", start - 121), Seen::too_old);
    EXPECT_EQ(look("a", start + 11), Seen::too_new);
    pass(6s);
    EXPECT_EQ(look("a", start), Seen::replayed);
    SeenOptions begun = options();
    begun.ran_before = true;
    SeenMessages other(begun);
    EXPECT_EQ(other.look("a", start + 16, 2min).seen, Seen::below_floor);
}

TEST_F(SeenMessagesTest, TellsThatOfEachMessageByItsOwnArrival) {
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", start), Seen::fresh);
    pass(50s);
    EXPECT_EQ(see(table, "b", start), Seen::fresh);
    EXPECT_EQ(see(table, "a", start), Seen::replayed);
    EXPECT_EQ(see(table, "b", start), Seen::copy);
    pass(6s);
    EXPECT_EQ(see(table, "b", start), Seen::replayed);
    pass(20s);
    EXPECT_EQ(see(table, "late", start), Seen::fresh);
    EXPECT_EQ(see(table, "late", start), Seen::replayed) << "more than a minute after the first";
}

TEST_F(SeenMessagesTest, RefusesWhatIsTooOldOrTooFarAheadAndSaysByHowMuch) {
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", start - 120), Seen::fresh);
    const Sighting old = table.see("a", start - 121, 2min);
    EXPECT_EQ(old.seen, Seen::too_old);
    EXPECT_EQ(old.seconds, 121);
    EXPECT_EQ(see(table, "a", start + 10), Seen::fresh);
    const Sighting ahead = table.see("a", start + 11, 2min);
    EXPECT_EQ(ahead.seen, Seen::too_new);
    EXPECT_EQ(ahead.seconds, -11);
    EXPECT_EQ(see(table, "a", 0), Seen::too_old);
    EXPECT_EQ(see(table, "a", 0xffff'ffff), Seen::too_new);
}

TEST_F(SeenMessagesTest, WorksUpToTheLastSecondAndNotAround) {
    clock->set(std::chrono::seconds(0xffff'ffff));
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", 0xffff'ffff), Seen::fresh);
    EXPECT_EQ(see(table, "a", 0xffff'ffff), Seen::copy);
    EXPECT_EQ(see(table, "a", 5), Seen::too_old);
    clock->set(std::chrono::seconds(0x1'0000'0005));  // which is written as 5
    EXPECT_EQ(see(table, "b", 0xffff'ffff), Seen::too_new);
    EXPECT_EQ(see(table, "b", 5), Seen::fresh);
    clock->set(std::chrono::seconds(0));
    SeenMessages early(options());
    EXPECT_EQ(see(early, "a", 0), Seen::fresh);
    EXPECT_EQ(see(early, "a", 0), Seen::copy);
}

TEST_F(SeenMessagesTest, ForgetsWhatIsTooOldForTheLongestAskedFor) {
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", start), Seen::fresh);
    EXPECT_EQ(table.see("a", start, 1s).seen, Seen::copy);
    const std::size_t taken = table.bytes();
    for (std::uint32_t second = 1; second < 1000; ++second) {
        pass(1s);
        EXPECT_EQ(table.see("a", start + second, 1s).seen, Seen::fresh);
        EXPECT_EQ(table.size(), std::min(second, 120u) + 1);
    }
    EXPECT_LE(table.bytes(), 121 * taken);
}

TEST_F(SeenMessagesTest, TakesNoReplayWhenTheClockStepsBack) {
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", start), Seen::fresh);
    pass(1h);
    EXPECT_EQ(see(table, "b", start + 3600), Seen::fresh);
    clock->set(std::chrono::seconds(start));
    const Sighting replayed = table.see("a", start, 2min);
    EXPECT_EQ(replayed.seen, Seen::below_floor);
    EXPECT_EQ(replayed.seconds, 1);
    EXPECT_EQ(see(table, "c", start + 1), Seen::fresh) << "nothing so old was forgotten";
}

TEST_F(SeenMessagesTest, ForgetsTheOldestTogetherWhenItIsFull) {
    SeenOptions small = options();
    small.bytes_max = 4096;
    SeenMessages table(small);
    std::uint32_t second = start;
    Sighting last;
    while (!last.shrunk) {
        last = table.see("a", ++second, 1h);
        ASSERT_EQ(last.seen, Seen::fresh);
        ASSERT_LE(table.bytes(), small.bytes_max);
        pass(1s);
    }
    EXPECT_GT(second, start + 8);
    EXPECT_EQ(table.see("a", start + 1, 1h).seen, Seen::below_floor);
    EXPECT_EQ(table.see("new", start + 1, 1h).seen, Seen::below_floor);
    EXPECT_EQ(table.see("a", start + 2, 1h).seen, Seen::replayed);
}

TEST_F(SeenMessagesTest, WhoFillsOneSecondIsRefusedInTheEndAndTheNextSecondIsNot) {
    SeenOptions small = options();
    small.bytes_max = 1 << 16;
    SeenMessages table(small);
    EXPECT_EQ(see(table, "old", start - 1), Seen::fresh);
    int taken = 0;
    for (int i = 0; i < 100'000; ++i) {
        const Seen seen = see(table, std::to_string(i), start);
        taken += seen == Seen::fresh;
        ASSERT_TRUE(seen == Seen::fresh || seen == Seen::below_floor);
        ASSERT_LE(table.bytes(), small.bytes_max);
    }
    EXPECT_GT(taken, 2000);
    EXPECT_LT(taken, 10'000);
    for (int i = 0; i < 100'000; ++i) {
        ASSERT_NE(see(table, std::to_string(i), start), Seen::fresh);
    }
    EXPECT_EQ(see(table, "old", start - 1), Seen::below_floor);
    EXPECT_EQ(see(table, "new", start + 1), Seen::fresh);
}

TEST_F(SeenMessagesTest, WhatIsOlderThanAllMakesNoRoomForItself) {
    SeenOptions small = options();
    small.bytes_max = 4096;
    SeenMessages table(small);
    std::uint32_t second = start;
    do {
        ASSERT_EQ(table.see("a", second, 1h).seen, Seen::fresh);
        ++second;
        pass(1s);
    } while (table.bytes() + table.bytes() / table.size() <= small.bytes_max);
    const std::size_t before = table.size();
    const Sighting old = table.see("a", start - 100, 1h);
    EXPECT_EQ(old.seen, Seen::below_floor);
    EXPECT_TRUE(old.shrunk);
    EXPECT_EQ(table.size(), before);
    EXPECT_EQ(table.see("a", start, 1h).seen, Seen::replayed) << "which is above the floor";
    EXPECT_EQ(table.see("b", start - 100, 1h).seen, Seen::below_floor);
}

TEST_F(SeenMessagesTest, RefusesWhatAProgramBeforeItMayHaveTaken) {
    SeenOptions options{.environment = {.clock = clock}};
    SeenMessages table(options);
    EXPECT_EQ(see(table, "a", start - 1), Seen::below_floor);
    EXPECT_EQ(see(table, "a", start + 10), Seen::below_floor);
    pass(1s);
    EXPECT_EQ(see(table, "a", start + 11), Seen::fresh);
    options.max_ahead = 0s;
    EXPECT_EQ(see(*std::make_unique<SeenMessages>(options), "a", start + 1), Seen::below_floor);
    options.max_ahead = 1500ms;
    SeenMessages part(options);
    EXPECT_EQ(see(part, "a", start + 3), Seen::too_new);
    EXPECT_EQ(see(part, "a", start + 2), Seen::below_floor);
    clock->set(std::chrono::seconds(0xffff'fffe));
    EXPECT_EQ(see(*std::make_unique<SeenMessages>(options), "a", 0xffff'ffff), Seen::below_floor);
}

struct MarkTest : SeenMessagesTest {
    SeenOptions options() const {
        return {.mark_file = folder.file("mark"), .environment = {.clock = clock, .log = log}};
    }

    test::TemporaryFolder folder;
    test::LogLines lines;
    Log log = lines.log(LogLevel::info);
};

TEST_F(MarkTest, AfterACleanStopOnlyWhatMayHaveBeenTakenIsRefused) {
    {
        SeenMessages table(options());
        pass(20s);
        EXPECT_EQ(see(table, "a", start + 20), Seen::fresh);
        EXPECT_EQ(see(table, "b", start + 15), Seen::fresh);
        EXPECT_FALSE(std::filesystem::exists(folder.file("mark")));
    }
    EXPECT_TRUE(std::filesystem::exists(folder.file("mark")));
    {
        SeenMessages table(options());
        EXPECT_FALSE(std::filesystem::exists(folder.file("mark"))) << "an unclean stop finds none";
        EXPECT_EQ(see(table, "a", start + 20), Seen::below_floor);
        EXPECT_EQ(see(table, "b", start + 15), Seen::below_floor);
        EXPECT_EQ(see(table, "a", start + 21), Seen::fresh);
    }
    {
        SeenMessages table(options());
        EXPECT_EQ(see(table, "a", start + 21), Seen::below_floor);
        EXPECT_EQ(see(table, "a", start + 22), Seen::fresh);
    }
    EXPECT_TRUE(lines.all().empty());
}

TEST_F(MarkTest, AfterAnUncleanStopThereIsNone) {
    {
        const SeenMessages table(options());
    }
    const std::string content = [&] {
        std::ifstream file(folder.file("mark"));
        return std::string(std::istreambuf_iterator<char>(file), {});
    }();
    EXPECT_EQ(content, std::to_string(start + 10) + "\n") << "of a start without a mark";
    std::filesystem::remove(folder.file("mark"));
    pass(20s);
    SeenMessages table(options());
    EXPECT_EQ(see(table, "a", start + 20), Seen::below_floor);
    pass(11s);
    EXPECT_EQ(see(table, "a", start + 31), Seen::fresh);
}

TEST_F(MarkTest, BelongsToOneAtATime) {
    std::optional<SeenMessages> table(std::in_place, options());
    EXPECT_THROW(SeenMessages{options()}, Error);
    EXPECT_FALSE(std::filesystem::exists(folder.file("mark"))) << "of who could not begin";
    table.reset();
    EXPECT_NO_THROW(SeenMessages{options()});
}

TEST_F(MarkTest, RefusesAFileThatIsNone) {
    for (const std::string content : {"", "12", "\n", "12\n13\n", "-1\n", "4294967296\n", "a\n"}) {
        folder.write("mark", content);
        EXPECT_THROW(SeenMessages{options()}, Error) << content;
        EXPECT_TRUE(std::filesystem::exists(folder.file("mark"))) << content;
    }
    folder.write("mark", "4294967295\n");
    SeenMessages last(options());
    EXPECT_EQ(see(last, "a", start), Seen::below_floor);
}

TEST_F(MarkTest, SaysSoWhereItCannotBeWritten) {
    SeenOptions nowhere = options();
    nowhere.mark_file = folder.file("none/mark");
    try {
        const SeenMessages table(nowhere);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("none/mark"), std::string::npos) << error.what();
    }
    std::filesystem::create_directory(folder.file("none"));
    {
        SeenMessages table(nowhere);
        std::filesystem::remove_all(folder.file("none"));
    }
    EXPECT_EQ(lines.all().size(), 1u);
    EXPECT_TRUE(lines.contains("none/mark"));
}

TEST_F(SeenMessagesTest, RefusesOptionsThatMakeNoSense) {
    EXPECT_THROW(SeenMessages({.bytes_max = 4095}), std::invalid_argument);
    EXPECT_THROW(SeenMessages({.max_ahead = -1ms}), std::invalid_argument);
    EXPECT_THROW(SeenMessages({.max_ahead = never}), std::invalid_argument);
}

TEST_F(SeenMessagesTest, EachMessageIsFreshOnOneThreadOnly) {
    SeenMessages table(options());
    std::atomic<int> fresh{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 5000; ++n) {
                fresh += see(table, std::to_string(n), start) == Seen::fresh;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(fresh, 5000);
}

}  // namespace
}  // namespace netaio

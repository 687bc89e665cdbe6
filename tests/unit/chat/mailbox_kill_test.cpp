#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <netaio/chat/mailbox.hpp>
#include <random>
#include <set>

#include "support/temporary_folder.hpp"

namespace netaio::chat {
namespace {

constexpr MailboxName killed_mailbox = {7};

// What the process that will be killed says that it is about to do, or has done.
enum class Step : std::uint32_t { puts, has_put, takes, has_taken, asks, was_given };
struct Said {
    Step step;
    std::uint32_t what;
};

std::string padded(std::uint32_t number) {
    return std::to_string(number) + std::string(number % 7 * 500, '.');
}
std::uint32_t number_in(const std::string& text) {
    return static_cast<std::uint32_t>(std::stoul(text));
}

// Puts envelopes, takes every other one, and asks for prekeys, until it is killed.
[[noreturn]] void work_until_killed(const std::string& path, std::uint32_t next, int out) {
    const auto say = [&](Step step, std::uint32_t what) {
        const Said said{step, what};
        if (::write(out, &said, sizeof said) != sizeof said) ::_exit(1);
    };
    Mailboxes mailboxes(path);
    for (;; ++next) {
        say(Step::puts, next);
        if (!mailboxes.put(killed_mailbox, padded(next))) ::_exit(2);
        say(Step::has_put, next);
        if (next % 2 == 0) {
            const auto oldest = mailboxes.fetch(killed_mailbox, 0, 1);
            if (!oldest || oldest->empty()) ::_exit(3);
            const std::uint32_t taken = number_in(oldest->front().envelope);
            say(Step::takes, taken);
            const std::uint64_t numbers[] = {oldest->front().number};
            if (mailboxes.acknowledge(killed_mailbox, numbers)) ::_exit(4);
            say(Step::has_taken, taken);
        }
        if (next % 3 == 0) {
            const std::vector<std::string> prekey = {std::to_string(next)};
            if (!mailboxes.publish(killed_mailbox, "signed", prekey)) ::_exit(5);
            say(Step::asks, next);
            const auto given = mailboxes.hand_out(killed_mailbox);
            if (!given || !*given) ::_exit(6);
            if ((*given)->one_time) say(Step::was_given, number_in(*(*given)->one_time));
        }
    }
}

// What one process said until it was killed after so many words and microseconds.
std::vector<Said> said_until_killed(const std::string& path, std::uint32_t next, unsigned words,
                                    unsigned microseconds) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) work_until_killed(path, next, ends[1]);
    ::close(ends[1]);
    std::vector<Said> all;
    Said said{};
    const auto read = [&] { return ::read(ends[0], &said, sizeof said) == sizeof said; };
    while (all.size() < words && read()) all.push_back(said);
    ::usleep(microseconds);
    ::kill(child, SIGKILL);
    while (read()) all.push_back(said);
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
    return all;
}

TEST(MailboxKill, LosesNothingAndHasNothingTwice) {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("mail.db");
    std::mt19937 random(3);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
    std::set<std::uint32_t> put, maybe_taken, taken, given;
    std::uint32_t next = 0;
    for (int round = 0; round < 40; ++round) {
        for (const auto& [step, what] : said_until_killed(path, next, 1 + below(40), below(3000))) {
            switch (step) {
                // What was not confirmed is put again by the next.
                case Step::puts: next = what; break;
                case Step::has_put:
                    put.insert(what);
                    next = what + 1;
                    break;
                case Step::takes: maybe_taken.insert(what); break;
                case Step::has_taken: taken.insert(what); break;
                case Step::asks: break;
                case Step::was_given:
                    EXPECT_TRUE(given.insert(what).second) << "prekey " << what << " given twice";
                    break;
            }
        }
        Mailboxes mailboxes(path);
        std::vector<std::uint32_t> there;
        const auto waiting = mailboxes.fetch(killed_mailbox, 0, 100'000);
        for (const auto& [number, envelope] : *waiting) {
            there.push_back(number_in(envelope));
            EXPECT_EQ(envelope, padded(there.back()));
        }
        EXPECT_EQ(std::adjacent_find(there.begin(), there.end(), std::greater_equal()), there.end())
            << "they are not in order, or one is there twice";
        const std::set<std::uint32_t> known(there.begin(), there.end());
        for (const std::uint32_t one : put) {
            EXPECT_TRUE(known.contains(one) || maybe_taken.contains(one)) << "lost " << one;
        }
        for (const std::uint32_t one : there) {
            EXPECT_TRUE(put.contains(one) || one == next) << "nobody put " << one;
            EXPECT_FALSE(taken.contains(one)) << "taken " << one;
        }
    }
    EXPECT_GT(taken.size(), 20u);
    EXPECT_GT(given.size(), 20u);
}

}  // namespace
}  // namespace netaio::chat

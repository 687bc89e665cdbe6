#include "trial.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/container_hash/hash.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <new>
#include <set>
#include <span>

namespace netaio::test {
namespace {

// More than the longest bound of a life.
constexpr unsigned seconds_max = 10;
constexpr int hangs = 90;
// They mostly wait, but for what a sanitizer does meanwhile.
constexpr std::size_t at_once = NETAIO_TEST_SANITIZED ? 2 : 16;
constexpr std::array outcomes{"well", "waits", "told_twice", "deaf", "stays_busy"};

// What became of a process.
struct Trial {
    std::size_t n = 0;
    bool failed = false;          // whether there was an n-th
    std::string what;             // failed
    Phase at = Phase::making;     // then
    Phase phase = Phase::making;  // that it reached
    std::string outcome;  // "well", "waits", "told_twice", "deaf", "stays_busy", "hangs", "dies"
    std::string said;     // on stderr
    std::string stack;    // of the failure
};

// What a process tells its parent, however it ends.
struct Shared {
    std::atomic<Phase> phase{Phase::making};
    std::atomic<bool> noted{false};
    Phase at = Phase::making;
    std::array<void*, 48> stack{};
    int frames = 0;
    std::array<char, 40> what{};
};

// One for each process that may run.
std::span<Shared, at_once> shared() {
    static Shared* const memory =
        static_cast<Shared*>(::mmap(nullptr, at_once * sizeof(Shared), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    return std::span<Shared, at_once>(memory, at_once);
}

Shared* own = nullptr;  // in such a process

// The ways to all that may fail, in their order, as a process that lives without failure met them.
struct Places {
    std::atomic<std::size_t> count{0};
    std::array<std::size_t, 8192> hashes{};
};
Places* places = nullptr;

void give_up(int) {
    std::array<void*, 48> stack;
    const int frames = ::backtrace(stack.data(), static_cast<int>(stack.size()));
    ::backtrace_symbols_fd(stack.data(), frames, STDERR_FILENO);
    ::_exit(hangs);
}

// The functions, as far as the linker left names; where they are, for addr2line.
std::string described(const Shared& from) {
    std::string text;
    for (int i = 0; i < from.frames; ++i) {
        void* const at = from.stack[static_cast<std::size_t>(i)];
        Dl_info info{};
        std::array<char, 64> offset{};
        if (::dladdr(at, &info) != 0 && info.dli_fbase) {
            std::snprintf(offset.data(), offset.size(), " %s+%#tx",
                          std::strrchr(info.dli_fname, '/') ? std::strrchr(info.dli_fname, '/') + 1
                                                            : info.dli_fname,
                          static_cast<char*>(at) - static_cast<char*>(info.dli_fbase) - 1);
            text += offset.data();
        }
    }
    return text;
}

std::string read_all(int file) {
    std::string text;
    std::array<char, 4096> bytes;
    ::lseek(file, 0, SEEK_SET);
    for (ssize_t count; (count = ::read(file, bytes.data(), bytes.size())) > 0;) {
        text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
}

// Which are to fail: 1, 2 and so on, but for those that are like an earlier one.
std::vector<std::size_t> worth_failing(Way way, Failure& failure) {
    places = static_cast<Places*>(
        ::mmap(nullptr, sizeof(Places), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    new (places) Places;
    const pid_t id = ::fork();
    if (id == 0) {
        std::atomic<Phase> phase{Phase::making};
        (void)live(way, phase, [&] { failure.watch(); }, [] { return false; });
        failure.disarm();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(id, &status, 0);
    std::set<std::size_t> met;
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < std::min(places->count.load(), places->hashes.size()); ++i) {
        if (met.insert(places->hashes[i]).second) {
            all.push_back(i + 1);
        }
    }
    ::munmap(places, sizeof(Places));
    places = nullptr;
    return all;
}

[[noreturn]] void be_child(Way way, Failure& failure, std::size_t n, int errors) {
    ::dup2(errors, STDERR_FILENO);
    std::signal(SIGALRM, give_up);
    ::alarm(seconds_max);
    const auto end =
        live(way, own->phase, [&] { failure.arm(n); }, [&] { return failure.failed(); });
    failure.disarm();
    ::_exit(static_cast<int>(end));
}

struct Running {
    std::size_t n;
    pid_t id;
    int errors;
    Shared* tells;
};

Running begin(Way way, Failure& failure, std::size_t n) {
    Running child{n, 0, ::memfd_create("errors", MFD_CLOEXEC), &shared()[n % at_once]};
    new (child.tells) Shared;
    child.id = ::fork();
    if (child.id == 0) {
        own = child.tells;
        be_child(way, failure, n, child.errors);
    }
    return child;
}

Trial finish(const Running& child) {
    int status = 0;
    ::waitpid(child.id, &status, 0);
    const Shared& tells = *child.tells;
    Trial trial;
    trial.n = child.n;
    trial.failed = tells.noted;
    trial.what = tells.what.data();
    trial.at = tells.at;
    trial.phase = tells.phase;
    trial.said = read_all(child.errors);
    trial.stack = described(tells);
    ::close(child.errors);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    const bool ended = code >= 0 && code < static_cast<int>(outcomes.size());
    // The sanitizers leave with 1, and a report.
    const bool reported = trial.said.find("Sanitizer") != std::string::npos;
    trial.outcome = code == hangs        ? "hangs"
                    : ended && !reported ? outcomes[static_cast<std::size_t>(code)]
                                         : "dies";
    return trial;
}

}  // namespace

void note_failure(const char* what) noexcept {
    if (own && !own->noted.exchange(true)) {
        own->at = own->phase;
        std::strncpy(own->what.data(), what, own->what.size() - 1);
        own->frames = ::backtrace(own->stack.data(), static_cast<int>(own->stack.size()));
    }
}

void note_place() noexcept {
    if (!places) {
        return;
    }
    // Far enough out to tell what it is done for.
    std::array<void*, 8> stack;
    const int frames = ::backtrace(stack.data(), static_cast<int>(stack.size()));
    std::size_t hash = 0;
    for (const void* at : std::span(stack).first(static_cast<std::size_t>(frames))) {
        boost::hash_combine(hash, at);
    }
    const std::size_t index = places->count.fetch_add(1);
    if (index < places->hashes.size()) {
        places->hashes[index] = hash;
    }
}

std::vector<std::string> attempt_all(Way way, Failure& failure) {
    // What it loads is loaded before it has to work within a failing allocation.
    std::array<void*, 1> ignored;
    ::backtrace(ignored.data(), 1);
    std::vector<std::string> wrong;
    std::map<std::string, int> seen;
    std::deque<Running> running;
    std::vector<std::size_t> left;
    if constexpr (NETAIO_TEST_SANITIZED) {
        left = worth_failing(way, failure);
        std::ranges::reverse(left);
    }
    std::size_t next = 1;
    std::size_t tried = 0;
    std::size_t last = 0;  // of which there is none any more
    while (last == 0 || !running.empty()) {
        while (last == 0 && running.size() < at_once) {
            if (!left.empty()) {
                next = left.back();
                left.pop_back();
            }
            running.push_back(begin(way, failure, next++));
            ++tried;
        }
        const Trial trial = finish(running.front());
        running.pop_front();
        if (!trial.failed && last == 0 && left.empty()) {
            last = trial.n;
        }
        if (trial.outcome == "well") {
            continue;
        }
        const std::string line = std::to_string(trial.n) + ": " + trial.what + " while " +
                                 to_string(trial.at) + ": " + trial.outcome + " while " +
                                 to_string(trial.phase);
        ++seen[trial.what + " while " + to_string(trial.at) + ": " + trial.outcome];
        wrong.push_back(line);
        std::printf("%s\nstack:%s\n%s\n", line.c_str(), trial.stack.c_str(), trial.said.c_str());
    }
    std::printf("%zu lives, up to the failure %zu\n", tried, last - 1);
    for (const auto& [what, times] : seen) {
        std::printf("  %4d %s\n", times, what.c_str());
    }
    return wrong;
}

}  // namespace netaio::test

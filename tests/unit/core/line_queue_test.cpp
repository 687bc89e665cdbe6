#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <netaio/line_queue.hpp>

namespace netaio {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::function<int(std::string_view)> writing_to(int descriptor) {
    return [=](std::string_view lines) {
        return ::write(descriptor, lines.data(), lines.size()) < 0 ? errno : 0;
    };
}

class LineQueueTest : public testing::Test {
protected:
    LineQueueTest() {
        EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
        // As small as the system lets it be.
        EXPECT_GE(::fcntl(ends_[1], F_SETPIPE_SZ, 4096), 0);
    }
    ~LineQueueTest() override {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }

    LineQueueOptions options() {
        return {.write = writing_to(ends_[1]),
                .waiting_max = 10'000,
                .tell_left_out = [](std::uint64_t n) {
                    return "left out " + std::to_string(n) + "\n";
                }};
    }
    std::string next_line() {
        std::string line;
        char c = 0;
        while (::read(ends_[0], &c, 1) == 1 && c != '\n') line += c;
        return line;
    }

    int ends_[2] = {-1, -1};
};

TEST_F(LineQueueTest, WritesLinesInTheirOrder) {
    LineQueue queue(options());
    queue.write("one\n");
    queue.write("two\n");
    EXPECT_EQ(queue.finish(seconds(60)), 0);
    EXPECT_EQ(next_line(), "one");
    EXPECT_EQ(next_line(), "two");
}

TEST_F(LineQueueTest, WaitsForNobodyAndTellsInTheirPlaceWhatItLeftOut) {
    LineQueue queue(options());
    const int lines = 1000;
    for (int i = 0; i < lines; ++i) queue.write(std::to_string(i) + std::string(100, '.') + "\n");
    EXPECT_EQ(queue.finish(milliseconds(0)), 0);

    int read = 0;
    std::string line = next_line();
    for (; !line.starts_with("left out"); line = next_line()) {
        EXPECT_EQ(line, std::to_string(read++) + std::string(100, '.'));
    }
    EXPECT_LT(read, lines);
    EXPECT_EQ(line, "left out " + std::to_string(lines - read));
    queue.write("more\n");
    EXPECT_EQ(next_line(), "more");
}

TEST_F(LineQueueTest, IsLeftWhileItWaitsToWrite) {
    {
        LineQueue queue(options());
        for (int i = 0; i < 100; ++i) queue.write(std::string(99, '.') + "\n");
    }
    for (int i = 0; i < 100; ++i) EXPECT_EQ(next_line(), std::string(99, '.'));
}

TEST(LineQueueErrors, AreToldOnce) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    std::promise<int> told;
    LineQueue queue(
        {.write = writing_to(full), .failed = [&](int error) { told.set_value(error); }});
    queue.write("one\n");
    EXPECT_EQ(told.get_future().get(), ENOSPC);
    queue.write("two\n");
    EXPECT_EQ(queue.finish(seconds(60)), ENOSPC);
    ::close(full);
}

}  // namespace
}  // namespace netaio

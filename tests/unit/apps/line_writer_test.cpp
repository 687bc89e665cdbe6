#include "line_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <future>

namespace netaio::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LineWriterTest : public testing::Test {
protected:
    LineWriterTest() {
        EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
        // As small as the system lets it be.
        EXPECT_GE(::fcntl(ends_[1], F_SETPIPE_SZ, 4096), 0);
    }
    ~LineWriterTest() override {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }

    LineWriterOptions options() {
        return {
            .descriptor = ends_[1], .waiting_max = 10'000, .tell_left_out = [](std::uint64_t n) {
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

TEST_F(LineWriterTest, WritesLinesInTheirOrder) {
    LineWriter writer(options());
    writer.write("one\n");
    writer.write("two\n");
    EXPECT_EQ(writer.finish(seconds(60)), 0);
    EXPECT_EQ(next_line(), "one");
    EXPECT_EQ(next_line(), "two");
}

TEST_F(LineWriterTest, WaitsForNobodyAndTellsInTheirPlaceWhatItLeftOut) {
    LineWriter writer(options());
    const int lines = 1000;
    for (int i = 0; i < lines; ++i) writer.write(std::to_string(i) + std::string(100, '.') + "\n");
    EXPECT_EQ(writer.finish(milliseconds(0)), 0);

    int read = 0;
    std::string line = next_line();
    for (; !line.starts_with("left out"); line = next_line()) {
        EXPECT_EQ(line, std::to_string(read++) + std::string(100, '.'));
    }
    EXPECT_LT(read, lines);
    EXPECT_EQ(line, "left out " + std::to_string(lines - read));
    writer.write("more\n");
    EXPECT_EQ(next_line(), "more");
}

TEST_F(LineWriterTest, IsLeftWhileItWaitsToWrite) {
    {
        LineWriter writer(options());
        for (int i = 0; i < 100; ++i) writer.write(std::string(99, '.') + "\n");
    }
    for (int i = 0; i < 100; ++i) EXPECT_EQ(next_line(), std::string(99, '.'));
}

TEST(LineWriterErrors, AreToldOnce) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    std::promise<int> told;
    LineWriter writer({.descriptor = full, .failed = [&](int error) { told.set_value(error); }});
    writer.write("one\n");
    EXPECT_EQ(told.get_future().get(), ENOSPC);
    writer.write("two\n");
    EXPECT_EQ(writer.finish(seconds(60)), ENOSPC);
    ::close(full);
}

}  // namespace
}  // namespace netaio::app

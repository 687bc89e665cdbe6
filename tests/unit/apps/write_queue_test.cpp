#include "write_queue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "other_program.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::app {
namespace {

using test::TemporaryFolder;

class WriteQueueTest : public testing::Test {
protected:
    // Asks for a change; its result comes into results_, by its place there.
    void create(const std::string& uri) {
        const std::size_t place = results_.size();
        results_.emplace_back();
        queue_.change(Change::create, uri, "x", io_.get_executor(),
                      [this, place](const boost::system::error_code&, std::error_code result) {
                          results_[place] = result;
                      });
    }

    TemporaryFolder folder_;
    StoreOptions options_{.path = folder_.file("test.db")};
    Store store_{options_};
    OtherProgram other_{options_.path};
    boost::asio::io_context io_;
    WriteQueue queue_{store_};
    std::vector<std::optional<std::error_code>> results_;
};

TEST_F(WriteQueueTest, AnswersOnlyWhatIsDurable) {
    create("a");
    EXPECT_FALSE(results_[0]);
    EXPECT_FALSE(other_.sees("a"));
    io_.run();
    EXPECT_EQ(results_[0], std::error_code());
    EXPECT_TRUE(other_.sees("a"));
}

TEST_F(WriteQueueTest, CommitsWhatComesTogetherTogether) {
    create("a");
    create("b");
    create("a");
    io_.run_one();
    EXPECT_TRUE(other_.sees("a") && other_.sees("b"));
    io_.run();
    EXPECT_EQ(results_[0], std::error_code());
    EXPECT_EQ(results_[1], std::error_code());
    EXPECT_EQ(results_[2], StoreErrc::exists);
}

TEST_F(WriteQueueTest, AnswersOnceForAReadBetween) {
    create("a");
    EXPECT_EQ(*queue_.read("a"), "x");
    EXPECT_TRUE(other_.sees("a"));
    EXPECT_FALSE(results_[0]);
    io_.run();
    EXPECT_EQ(results_[0], std::error_code());
}

TEST_F(WriteQueueTest, ClosingCommitsAndRefusesMore) {
    create("a");
    queue_.close();
    EXPECT_TRUE(other_.sees("a"));
    create("b");
    io_.run();
    EXPECT_EQ(results_[0], std::error_code());
    EXPECT_EQ(results_[1], StoreErrc::failed);
    EXPECT_FALSE(other_.sees("b"));
}

}  // namespace
}  // namespace netaio::app

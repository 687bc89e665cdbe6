#include "command_line.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "exit_code.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::chat_app {
namespace {

// Files are called by one's own name.
TEST(CommandLine, TakesNoNameThatLeadsOutOfTheFolderOrHidesThere) {
    const test::TemporaryFolder folder;
    const std::string within = folder.file("within");
    for (const char* name : {"../x", "../../x", "a/b", "..", ".x"}) {
        const char* const words[] = {"netaio-chat", "--plain",      "--no-lan",
                                     "--folder",    within.c_str(), name};
        EXPECT_EQ(run(6, words), static_cast<int>(app::ExitCode::usage)) << name;
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace netaio::chat_app

#include "file_progress.hpp"

#include <gtest/gtest.h>

#include "people.hpp"

namespace netaio::chat_app {
namespace {

TEST(FileProgress, HasALineForEachTenthAndEachState) {
    Names names(key_of('m'), "mia");
    names.update({person('a', "ann")}, {});
    FileProgress progress;
    std::vector<std::string> lines;
    const auto happens = [&](const chat::FileView& file) {
        if (const auto line = progress.line(names, file)) lines.push_back(*line);
    };
    chat::FileView file{.id = {1},
                        .number = 3,
                        .with = key_of('a'),
                        .name = "\x1b[2J",
                        .size = 200,
                        .state = chat::FileState::offered};
    happens(file);
    happens(file);
    file.state = chat::FileState::going;
    for (file.there = 0; file.there <= 50; ++file.there) happens(file);
    chat::FileView own = file;
    own.own = true;
    happens(own);
    happens(file);
    file.state = chat::FileState::ended;
    file.why = chat::FileEnd::cancelled;
    happens(file);
    EXPECT_EQ(lines, (std::vector<std::string>{
                         "from ann: file <U+001B>[2J, 200 bytes: waits for you: /take 3, or "
                         "/cancel 3",
                         "from ann: file <U+001B>[2J, 200 bytes: 0 %",
                         "from ann: file <U+001B>[2J, 200 bytes: 10 %",
                         "from ann: file <U+001B>[2J, 200 bytes: 20 %",
                         "to ann: file <U+001B>[2J, 200 bytes: 25 %",
                         "from ann: file <U+001B>[2J, 200 bytes: not received: they ended it",
                     }));
}

}  // namespace
}  // namespace netaio::chat_app

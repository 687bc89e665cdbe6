#include "store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "exit_code.hpp"
#include "other_program.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::app {
namespace {

using test::TemporaryFolder;

std::string failure_to_open(const StoreOptions& options) {
    try {
        const Store store(options);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), 1);
        return failure.what();
    }
    ADD_FAILURE() << "opened " << options.path;
    return "";
}

class StoreTest : public testing::Test {
protected:
    StoreOptions on_disk() {
        return {.path = folder_.file("test.db"),
                .log = Log(LogLevel::warning, [this](LogLevel, std::string_view line) {
                    log_ += std::string(line) + "\n";
                })};
    }

    TemporaryFolder folder_;
    std::string log_;
};

TEST_F(StoreTest, CreatesReadsUpdatesAndRemoves) {
    Store store({.path = ":memory:"});
    EXPECT_EQ(store.read("a").error(), StoreErrc::missing);
    EXPECT_FALSE(store.change(Change::create, "a", "one"));
    EXPECT_EQ(*store.read("a"), "one");
    EXPECT_FALSE(store.change(Change::update, "a", "two"));
    EXPECT_EQ(*store.read("a"), "two");
    EXPECT_FALSE(store.change(Change::remove, "a", {}));
    EXPECT_EQ(store.read("a").error(), StoreErrc::missing);
}

TEST_F(StoreTest, TellsWhatExistsAndWhatIsMissing) {
    Store store({.path = ":memory:"});
    EXPECT_EQ(store.change(Change::update, "a", "x"), StoreErrc::missing);
    EXPECT_EQ(store.change(Change::remove, "a", {}), StoreErrc::missing);
    EXPECT_FALSE(store.change(Change::create, "a", "x"));
    EXPECT_EQ(store.change(Change::create, "a", "y"), StoreErrc::exists);
    EXPECT_FALSE(store.commit());
    EXPECT_EQ(*store.read("a"), "x");
}

TEST_F(StoreTest, KeepsAnyBytes) {
    Store store({.path = ":memory:"});
    const std::string uri("\0u\xff", 3);
    const std::string content("\xff\0'\"", 4);
    EXPECT_FALSE(store.change(Change::create, uri, content));
    EXPECT_FALSE(store.change(Change::create, "", ""));
    EXPECT_EQ(*store.read(uri), content);
    EXPECT_EQ(*store.read(""), "");
    EXPECT_EQ(store.read(ByteView(uri).substr(0, 2)).error(), StoreErrc::missing);
}

TEST_F(StoreTest, LastsFromOneOpeningToTheNext) {
    {
        Store store(on_disk());
        EXPECT_FALSE(store.change(Change::create, "a", "one"));
        EXPECT_FALSE(store.commit());
        EXPECT_FALSE(store.change(Change::create, "b", "two"));
    }
    Store store(on_disk());
    EXPECT_EQ(*store.read("a"), "one");
    EXPECT_EQ(*store.read("b"), "two");
}

TEST_F(StoreTest, ShowsOthersOnlyWhatWasCommitted) {
    Store store(on_disk());
    OtherProgram other(folder_.file("test.db"));
    EXPECT_FALSE(store.change(Change::create, "a", "one"));
    EXPECT_FALSE(other.sees("a"));
    EXPECT_FALSE(store.commit());
    EXPECT_TRUE(other.sees("a", "one"));
}

TEST_F(StoreTest, CommitsBeforeItReads) {
    Store store(on_disk());
    OtherProgram other(folder_.file("test.db"));
    EXPECT_FALSE(store.change(Change::create, "a", "one"));
    EXPECT_EQ(*store.read("a"), "one");
    EXPECT_TRUE(other.sees("a", "one"));
    EXPECT_FALSE(store.commit());
}

TEST_F(StoreTest, IsReadableByItsOwnerOnly) {
    const Store store(on_disk());
    struct stat status{};
    ASSERT_EQ(::stat(folder_.file("test.db").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(StoreTest, IsBusyWhileAnotherProgramWrites) {
    Store store(on_disk());
    OtherProgram other(folder_.file("test.db"));
    other.execute("BEGIN IMMEDIATE");
    EXPECT_EQ(store.change(Change::create, "a", "one"), StoreErrc::busy);
    EXPECT_NE(log_.find("locked"), std::string::npos) << log_;
    other.execute("COMMIT");
    EXPECT_FALSE(store.change(Change::create, "a", "one"));
    EXPECT_FALSE(store.commit());
}

TEST_F(StoreTest, IsFullAtItsSizeAndGoesOnServing) {
    auto options = on_disk();
    options.size_max = 100'000;
    Store store(options);
    const std::string content(10'000, 'x');
    EXPECT_FALSE(store.change(Change::create, "first", content));
    EXPECT_FALSE(store.commit());

    std::error_code error;
    for (int i = 0; i < 100 && !error; ++i) {
        error = store.change(Change::create, std::to_string(i), content);
        const auto committed = store.commit();
        error = error ? error : committed;
    }
    EXPECT_EQ(error, StoreErrc::full);
    EXPECT_NE(log_.find("--store-max"), std::string::npos) << log_;
    EXPECT_EQ(*store.read("first"), content);
    EXPECT_FALSE(store.change(Change::remove, "first", {}));
    EXPECT_FALSE(store.commit());
}

TEST_F(StoreTest, TellsEveryoneWhoseChangeWasLostWithAFullStore) {
    auto options = on_disk();
    options.size_max = 100'000;
    Store store(options);
    int done = 0;
    std::error_code error;
    while (!error && done < 100) {
        error = store.change(Change::create, std::to_string(done), std::string(10'000, 'x'));
        done += error ? 0 : 1;
    }
    EXPECT_EQ(error, StoreErrc::full);
    const std::error_code committed = store.commit();
    // Either the others of the transaction are kept, or they are all told that they are not.
    EXPECT_EQ(store.read("0").has_value(), !committed);
}

TEST_F(StoreTest, ReadOnlyRefusesChanges) {
    {
        Store(on_disk()).change(Change::create, "a", "one");
    }
    auto options = on_disk();
    options.read_only = true;
    Store store(options);
    EXPECT_EQ(*store.read("a"), "one");
    EXPECT_TRUE(store.change(Change::create, "b", "two"));
}

TEST_F(StoreTest, ReadOnlyDoesNotMakeAFile) {
    auto options = on_disk();
    options.read_only = true;
    EXPECT_NE(failure_to_open(options).find("without --read-only"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(options.path));
}

TEST_F(StoreTest, RefusesAFileThatIsNoDatabase) {
    const std::string path = folder_.write("notes.txt", std::string(5000, 'x'));
    const std::string said = failure_to_open({.path = path});
    EXPECT_NE(said.find(path), std::string::npos);
    EXPECT_NE(said.find("--store"), std::string::npos);
}

TEST_F(StoreTest, RefusesTheDatabaseOfAnotherProgram) {
    const std::string path = folder_.file("other.db");
    OtherProgram(path).execute("CREATE TABLE things (name TEXT)");
    EXPECT_NE(failure_to_open({.path = path}).find("another program"), std::string::npos);
}

TEST_F(StoreTest, RefusesALaterFormat) {
    {
        const Store store(on_disk());
    }
    OtherProgram(folder_.file("test.db")).execute("PRAGMA user_version = 1000");
    EXPECT_NE(failure_to_open(on_disk()).find("later version"), std::string::npos);
}

TEST_F(StoreTest, BelongsToOneServerAtATime) {
    {
        const Store store(on_disk());
        EXPECT_NE(failure_to_open(on_disk()).find("another server has it"), std::string::npos);
        auto reading = on_disk();
        reading.read_only = true;
        EXPECT_NE(failure_to_open(reading).find("another server has it"), std::string::npos);
    }
    const Store store(on_disk());
}

TEST_F(StoreTest, MayBeReadByManyServers) {
    {
        const Store store(on_disk());
    }
    auto options = on_disk();
    options.read_only = true;
    const Store store(options);
    const Store other(options);
    EXPECT_NE(failure_to_open(on_disk()).find("another server has it"), std::string::npos);
}

TEST_F(StoreTest, FailsToWriteWhenItsFileWasRemovedOrReplaced) {
    const std::string path = folder_.file("test.db");
    for (const std::string& gone : {path, path + "-wal"}) {
        Store store(on_disk());
        EXPECT_FALSE(store.change(Change::create, gone, "kept"));
        EXPECT_FALSE(store.commit());
        std::filesystem::rename(gone, gone + ".old");
        EXPECT_FALSE(store.change(Change::create, "lost", "x"));
        EXPECT_EQ(store.commit(), StoreErrc::gone);
        EXPECT_NE(log_.find("removed or replaced"), std::string::npos) << log_;
        std::filesystem::copy_file(gone + ".old", gone);
        EXPECT_FALSE(store.change(Change::create, "lost", "x"));
        EXPECT_EQ(store.commit(), StoreErrc::gone);

        std::filesystem::rename(gone + ".old", gone);
        EXPECT_EQ(*store.read(gone), "kept");
        EXPECT_EQ(store.read("lost").error(), StoreErrc::missing);
        EXPECT_FALSE(store.change(Change::create, gone + "2", "x"));
        EXPECT_FALSE(store.commit());
    }
}

TEST_F(StoreTest, MakesAFileThatCanBeCopiedWhileItIsOpen) {
    const Store store(on_disk());
    const std::string copy = folder_.file("copy.db");
    std::filesystem::copy_file(folder_.file("test.db"), copy);
    EXPECT_EQ(Store({.path = copy}).read("a").error(), StoreErrc::missing);
}

TEST_F(StoreTest, NamesTheFolderThatIsMissing) {
    const std::string path = folder_.file("missing/test.db");
    EXPECT_NE(failure_to_open({.path = path}).find(path), std::string::npos);
}

TEST_F(StoreTest, AnswersWithAnErrorWhenTheFileIsDamaged) {
    {
        Store store(on_disk());
        for (int i = 0; i < 50; ++i) {
            store.change(Change::create, std::to_string(i), std::string(3000, 'x'));
        }
    }
    {
        std::fstream file(folder_.file("test.db"), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(2 * 4096);
        file << std::string(40 * 4096, '\xa5');
    }
    Store store(on_disk());
    bool damaged = false;
    for (int i = 0; i < 50; ++i) {
        const auto content = store.read(std::to_string(i));
        damaged = damaged || (!content && content.error() == StoreErrc::corrupt);
    }
    EXPECT_TRUE(damaged);
    EXPECT_NE(log_.find("backup"), std::string::npos) << log_;
}

}  // namespace
}  // namespace netaio::app

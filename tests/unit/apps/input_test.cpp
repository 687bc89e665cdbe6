#include "input.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "exit_code.hpp"
#include "logging.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::app {
namespace {

using test::TemporaryFolder;

// Runs `read`, which is to fail, and gives what it says; checks the exit code.
template <class Read>
std::string failure_of(int code, Read read) {
    try {
        read();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), code) << failure.what();
        return failure.what();
    }
    ADD_FAILURE() << "did not fail";
    return "";
}

class Secrets : public testing::Test {
protected:
    // Reads a secret and what was said on stderr meanwhile.
    std::string read(const std::string& source) {
        testing::internal::CaptureStderr();
        const std::string secret = read_secret("--hmac", source).reveal().str();
        finish_log();
        said_ = testing::internal::GetCapturedStderr();
        return secret;
    }

    TemporaryFolder folder_;
    std::string said_;
};

TEST_F(Secrets, CanBeLiteralWithAWarningThatDoesNotShowThem) {
    EXPECT_EQ(read("swordfish"), "swordfish");
    EXPECT_NE(said_.find("warning: --hmac"), std::string::npos);
    EXPECT_EQ(said_.find("swordfish"), std::string::npos);
}

TEST_F(Secrets, ComeFromFilesWithoutOneLineEnd) {
    EXPECT_EQ(read("@" + folder_.write("a", "swordfish\n")), "swordfish");
    EXPECT_EQ(read("@" + folder_.write("b", "swordfish\r\n")), "swordfish");
    EXPECT_EQ(read("@" + folder_.write("c", "swordfish\n\n")), "swordfish\n");
    EXPECT_EQ(read("@" + folder_.write("d", " sword fish")), " sword fish");
    EXPECT_EQ(said_, "");
}

TEST_F(Secrets, HaveNamesWhereThereAreSeveral) {
    ::setenv("NETAIO_TEST_SECRET", "tuna", 1);
    const auto secrets =
        read_secrets("--hmac", {"@" + folder_.write("a", "swordfish\n"),
                                "20.26_b-=@" + folder_.write("b", "marlin\n"),
                                "c=env:NETAIO_TEST_SECRET", "d=@" + folder_.write("d", "\n")});
    ASSERT_EQ(secrets.size(), 3u) << "an empty file is a place for a secret to come";
    EXPECT_EQ(secrets[0].name, "default");
    EXPECT_EQ(secrets[0].secret.reveal(), "swordfish");
    EXPECT_EQ(secrets[1].name, "20.26_b-");
    EXPECT_EQ(secrets[1].secret.reveal(), "marlin");
    EXPECT_EQ(secrets[2].secret.reveal(), "tuna");
    EXPECT_TRUE(read_secrets("--hmac", {}).empty());
}

TEST_F(Secrets, AreTakenAsTheyAreUnlessANameAndASourceAreMeant) {
    testing::internal::CaptureStderr();
    const auto secrets = read_secrets("--hmac", {"a=b"});
    finish_log();
    testing::internal::GetCapturedStderr();
    ASSERT_EQ(secrets.size(), 1u);
    EXPECT_EQ(secrets[0].name, "default");
    EXPECT_EQ(secrets[0].secret.reveal(), "a=b");
}

TEST_F(Secrets, AreNotWhatNamesThemWrongly) {
    for (const char* mistyped : {"=@file", "a b=@file", "a/b=@file", "*=env:SECRET"}) {
        EXPECT_NE(failure_of(2, [&] { read_secrets("--hmac", {mistyped}); }).find("letters"),
                  std::string::npos)
            << mistyped;
    }
}

TEST_F(Secrets, CannotShareANameOrAllBeEmpty) {
    const std::string empty = "@" + folder_.write("empty", "");
    EXPECT_NE(failure_of(2, [&] { read_secrets("--hmac", {"a=" + empty, "a=" + empty}); })
                  .find("two are named 'a'"),
              std::string::npos);
    const std::string said = failure_of(2, [&] { read_secrets("--hmac", {"a=" + empty}); });
    EXPECT_NE(said.find("all secrets are empty: " + empty), std::string::npos) << said;
    EXPECT_NE(failure_of(2, [&] { read_secrets("--hmac", {empty}); }).find("is empty"),
              std::string::npos);
}

TEST_F(Secrets, ComeFromTheEnvironment) {
    ::setenv("NETAIO_TEST_SECRET", "swordfish", 1);
    EXPECT_EQ(read("env:NETAIO_TEST_SECRET"), "swordfish");
    EXPECT_EQ(said_, "");
    ::unsetenv("NETAIO_TEST_SECRET");
    const std::string said =
        failure_of(2, [] { read_secret("--cipher", "env:NETAIO_TEST_SECRET"); });
    EXPECT_NE(said.find("--cipher"), std::string::npos);
    EXPECT_NE(said.find("NETAIO_TEST_SECRET"), std::string::npos);
}

TEST_F(Secrets, EarnAWarningWhenOthersMayReadTheFile) {
    const std::string path = folder_.write("shared", "swordfish");
    std::filesystem::permissions(path, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(read("@" + path), "swordfish");
    EXPECT_NE(said_.find("may read the secret in '" + path + "'"), std::string::npos) << said_;
    EXPECT_EQ(said_.find("swordfish"), std::string::npos);
}

TEST_F(Secrets, AreNeverEmpty) {
    ::setenv("NETAIO_TEST_EMPTY", "", 1);
    failure_of(2, [] { read_secret("--hmac", ""); });
    failure_of(2, [] { read_secret("--hmac", "env:NETAIO_TEST_EMPTY"); });
    failure_of(2, [&] { read_secret("--hmac", "@" + folder_.write("empty", "\n")); });
}

TEST_F(Secrets, NameTheFileThatIsMissing) {
    const std::string path = folder_.file("missing");
    EXPECT_NE(failure_of(1, [&] { read_secret("--hmac", "@" + path); }).find(path),
              std::string::npos);
}

TEST_F(Secrets, AreBounded) {
    failure_of(7, [] { read_secret("--hmac", "@/dev/zero"); });
}

TEST(Content, IsTheTextItself) {
    EXPECT_EQ(read_content("hello", "uri", 100), "hello");
    EXPECT_EQ(read_content("", "uri", 100), "");
}

TEST(Content, ComesFromAFileAsItIs) {
    const TemporaryFolder folder;
    const std::string bytes("\0\xff\n\r\n", 5);
    EXPECT_EQ(read_content("@" + folder.write("a", bytes), "uri", 100), bytes);
    failure_of(1, [&] { read_content("@" + folder.file("missing"), "uri", 100); });
}

TEST(Content, MustFitBesideTheUri) {
    const TemporaryFolder folder;
    const std::string fits(97, 'x');
    EXPECT_EQ(read_content(fits, "uri", 100), fits);
    EXPECT_EQ(read_content("@" + folder.write("a", fits), "uri", 100), fits);

    const std::string said = failure_of(7, [&] { read_content(fits + "x", "uri", 100); });
    for (const char* number : {"98 bytes", "3 bytes", "97 fit"}) {
        EXPECT_NE(said.find(number), std::string::npos) << said;
    }
    failure_of(7, [&] { read_content("@" + folder.write("b", fits + "x"), "uri", 100); });
    failure_of(7, [&] { read_content("@/dev/zero", "uri", 100); });
    failure_of(7, [&] { read_content("", fits, 96); });
}

}  // namespace
}  // namespace netaio::app

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <netaio/chat/keys.hpp>
#include <string>

#include "support/file_size_max.hpp"
#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::chat {
namespace {

class KeyFileTest : public testing::Test {
protected:
    void save(const std::string& path, const Secret& passphrase = {}) {
        save_identity(path, identity_, passphrase, random_);
    }
    static std::string content(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    // The code of the error and what it says; of none, no code.
    static std::pair<std::error_code, std::string> failure(const std::string& path,
                                                           const Secret& passphrase = {}) {
        try {
            (void)load_identity(path, passphrase);
        } catch (const Error& error) {
            return {error.code(), error.what()};
        }
        return {};
    }

    test::CountingRandom random_;
    test::TemporaryFolder folder_;
    Identity identity_ = Identity::make(random_);
    std::string path_ = folder_.file("key");
};

TEST_F(KeyFileTest, GivesTheIdentityBack) {
    save(path_);
    EXPECT_FALSE(is_sealed_identity(path_));
    EXPECT_EQ(load_identity(path_, {}).public_key(), identity_.public_key());
    EXPECT_EQ(load_identity(path_, "not asked for").public_key(), identity_.public_key());
}

TEST_F(KeyFileTest, IsSealedByAPassphrase) {
    save(path_, "correct horse");
    EXPECT_TRUE(is_sealed_identity(path_));
    EXPECT_EQ(content(path_).find(identity_.seed().reveal()), std::string::npos);
    EXPECT_EQ(load_identity(path_, "correct horse").public_key(), identity_.public_key());

    const auto [code, sentence] = failure(path_, "wrong horse");
    EXPECT_EQ(code, Errc::decrypt_failed);
    EXPECT_NE(sentence.find("the passphrase does not open the key"), std::string::npos) << sentence;
    const auto [asked, asking] = failure(path_);
    EXPECT_EQ(asked, Errc::auth_not_possible);
    EXPECT_NE(asking.find("give its passphrase"), std::string::npos) << asking;
}

// Whoever is killed while it writes leaves no part of a key under the key's name.
TEST_F(KeyFileTest, IsWrittenUnderAnotherNameFirst) {
    const pid_t writer = ::fork();
    if (writer == 0) {
        const rlimit nothing{0, 0};
        ::setrlimit(RLIMIT_FSIZE, &nothing);
        ::setrlimit(RLIMIT_CORE, &nothing);
        ::signal(SIGXFSZ, SIG_DFL);  // which kills it where it writes
        try {
            save(path_);
        } catch (const Error&) {
        }
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_FALSE(std::filesystem::exists(path_));
    save(path_);
    EXPECT_EQ(load_identity(path_, {}).public_key(), identity_.public_key());
}

TEST_F(KeyFileTest, IsForItsOwnerAlone) {
    const mode_t before = ::umask(0);
    save(path_);
    ::umask(before);
    struct stat status{};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);

    ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
    EXPECT_NE(failure(path_).second.find("chmod 600"), std::string::npos);
}

TEST_F(KeyFileTest, IsNeverWrittenOver) {
    save(path_);
    const std::string before = content(path_);
    EXPECT_THROW(save(path_), Error);
    EXPECT_EQ(content(path_), before);
    std::filesystem::create_symlink(folder_.file("elsewhere"), folder_.file("link"));
    EXPECT_THROW(save(folder_.file("link")), Error);
    EXPECT_FALSE(std::filesystem::exists(folder_.file("elsewhere")));
    EXPECT_THROW(save(folder_.file("no folder/key")), Error);
}

TEST_F(KeyFileTest, IsRefusedWhenItWasChanged) {
    save(path_);
    const std::string whole = content(path_);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string changed = whole;
        changed[at] ^= 1;
        EXPECT_EQ(failure(folder_.write("changed", changed)).first, Errc::malformed) << at;
    }
    for (const std::string& other :
         {std::string(), whole + "x", whole.substr(0, 60), std::string(5000, '\n')}) {
        EXPECT_EQ(failure(folder_.write("changed", other)).first, Errc::malformed);
    }
}

TEST_F(KeyFileTest, IsRefusedWhenItWasChangedThoughItIsSealed) {
    save(path_, "p");
    const std::string whole = content(path_);
    // In the public key, the salt, the nonce and the seed; in all others no passphrase is tried.
    for (const std::size_t at :
         {std::size_t{19}, std::size_t{51}, std::size_t{67}, whole.size() - 1}) {
        std::string changed = whole;
        changed[at] ^= 1;
        EXPECT_EQ(failure(folder_.write("changed", changed), "p").first, Errc::decrypt_failed);
    }
    EXPECT_EQ(failure(folder_.write("changed", whole.substr(1)), "p").first, Errc::malformed);
    EXPECT_EQ(failure(folder_.write("changed", whole + "x"), "p").first, Errc::malformed);
}

TEST_F(KeyFileTest, SaysWhenItIsNotThere) {
    const auto [code, sentence] = failure(folder_.file("none"));
    EXPECT_EQ(code, std::errc::no_such_file_or_directory);
    EXPECT_NE(sentence.find("cannot open the key"), std::string::npos) << sentence;
    EXPECT_TRUE(failure(folder_.path()).first);
}

TEST_F(KeyFileTest, IsThereAsAWholeOrNotAtAll) {
    for (int size = 0; size < 40; size += 13) {
        {
            const test::FileSizeMax little(static_cast<rlim_t>(size));
            EXPECT_THROW(save(path_), Error);
        }
        EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << size;
    }
    save(path_);
    EXPECT_EQ(load_identity(path_, {}).public_key(), identity_.public_key());
    const auto there = std::filesystem::directory_iterator(folder_.path());
    EXPECT_EQ(std::distance(begin(there), end(there)), 1);
}

}  // namespace
}  // namespace netaio::chat

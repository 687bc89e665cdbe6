#include "key_of.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error_sentence.hpp"
#include "exit_code.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::chat_app {
namespace {

// Where nobody is at a terminal who could be asked.
class KeyOfTest : public testing::Test {
protected:
    KeyOfTest() : standard_input_(::dup(STDIN_FILENO)) {
        const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(nothing, STDIN_FILENO);
        ::close(nothing);
    }
    ~KeyOfTest() override {
        ::dup2(standard_input_, STDIN_FILENO);
        ::close(standard_input_);
    }
    std::string failure() const {
        try {
            (void)identity_of(file, "");
        } catch (const app::Failure& failure) {
            return failure.what();
        } catch (const Error& error) {
            return error_sentence(error);
        }
        return "none";
    }

    netaio::test::TemporaryFolder folder;
    const std::string file = folder.file("ann.key");

private:
    const int standard_input_;
};

TEST_F(KeyOfTest, SaysThatASealedKeyTakesItsPassphrase) {
    const std::string passphrase = folder.write("passphrase", "correct horse\n");
    const auto made = identity_of(file, passphrase);
    EXPECT_EQ(failure(), "the key in '" + file +
                             "' is sealed: name the file of its passphrase by --passphrase-file, "
                             "or start this on a terminal, which asks for it");
    EXPECT_EQ(identity_of(file, passphrase).public_key(), made.public_key());
}

TEST_F(KeyOfTest, SaysWhatToDoAboutAKeyThatOthersMayRead) {
    (void)identity_of(file, "");
    ::chmod(file.c_str(), 0644);
    EXPECT_EQ(failure(), "others on this machine may read the key in '" + file +
                             "'; chmod 600 keeps it to its owner");
}

TEST_F(KeyOfTest, SaysWhyAKeyCannotBeMade) {
    ASSERT_EQ(::mkdir((file + ".d").c_str(), 0700), 0);
    const std::string within = file + ".d/no folder/key";
    try {
        (void)identity_of(within, "");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error_sentence(error),
                  "cannot make the key '" + within + "': No such file or directory");
    }
}

}  // namespace
}  // namespace netaio::chat_app

#include "core/key_log.hpp"

#include <sys/stat.h>

#include <sstream>

#include "support/log_lines.hpp"
#include "support/session_ends.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::core {
namespace {

using namespace test;
using netaio::test::LogLines;
using netaio::test::TemporaryFolder;

struct Handshakes {
    noise::Handshake asker;
    noise::Handshake answerer;
};

// Both ends of a handshake that has finished.
Handshakes finished_handshakes(crypto::AeadCipher cipher) {
    const auto random = Environment::secure_random();
    const auto own = crypto::KeyPair::random(*random);
    const auto other = crypto::KeyPair::random(*random);
    Handshakes both{noise::Handshake({noise::ik_psk2, cipher, true, "prologue", own,
                                      crypto::KeyPair::random(*random), other.public_key}),
                    noise::Handshake({noise::ik_psk2, cipher, false, "prologue", other,
                                      crypto::KeyPair::random(*random)})};
    std::string first;
    EXPECT_FALSE(both.asker.write("", first));
    EXPECT_TRUE(both.answerer.read(first));
    std::string second;
    EXPECT_FALSE(both.answerer.write("", second));
    EXPECT_TRUE(both.asker.read(second));
    return both;
}

std::vector<std::string> lines_of(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

crypto::AeadKey key_in(const std::string& hex, crypto::AeadCipher cipher) {
    crypto::SecretKey key;
    key.bytes = parse_session_key(hex).value();
    return {cipher, key};
}

TEST(KeyLog, HasWhatOpensASession) {
    const TemporaryFolder folder;
    const std::string file = folder.file("keys");
    for (const auto cipher : {crypto::AeadCipher::aes_gcm, crypto::AeadCipher::chacha_poly}) {
        const Handshakes both = finished_handshakes(cipher);
        const KeyLog log(file.c_str());
        ASSERT_TRUE(log.is_kept());
        log.add(both.asker.disclose());
        const auto lines = lines_of(file);
        std::istringstream words(lines.back());
        std::string name, ephemeral, number, of_initiator, of_responder, more;
        words >> name >> ephemeral >> number >> of_initiator >> of_responder >> more;
        EXPECT_EQ(name, "NETAIO_SESSION");
        EXPECT_EQ(number, cipher == crypto::AeadCipher::aes_gcm ? "1" : "2");
        EXPECT_EQ(more, "");
        noise::Keys keys = both.asker.split();
        const std::string sent("text");
        std::string text = sent + std::string(crypto::AeadKey::tag_size, '\0');
        keys.sends.seal(0, {}, text);
        EXPECT_TRUE(key_in(of_initiator, cipher).open(0, {}, text));
        text.replace(0, sent.size(), sent);
        keys.receives.seal(0, {}, text);
        EXPECT_TRUE(key_in(of_responder, cipher).open(0, {}, text));
    }
    EXPECT_EQ(lines_of(file).size(), 2U) << "it is added to";
}

TEST(KeyLog, HasTheSameLineFromBothEnds) {
    const TemporaryFolder folder;
    const std::string file = folder.file("keys");
    const Handshakes both = finished_handshakes(crypto::AeadCipher::aes_gcm);
    const KeyLog log(file.c_str());
    log.add(both.asker.disclose(), SessionIndexes{1, 0xfedcba98});
    log.add(both.answerer.disclose(), SessionIndexes{1, 0xfedcba98});
    const auto lines = lines_of(file);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], lines[1]);
    EXPECT_TRUE(lines[0].ends_with(" 00000001 fedcba98")) << lines[0];
}

TEST(KeyLog, IsForItsOwnerAloneAndLoud) {
    const TemporaryFolder folder;
    const std::string file = folder.file("keys");
    LogLines said;
    const KeyLog log(file.c_str());
    struct stat status{};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    log.announce(said.log(LogLevel::warning));
    EXPECT_TRUE(said.contains("warning NETAIO_KEYLOG")) << "what it means";
    EXPECT_TRUE(said.contains(file));
}

TEST(KeyLog, IsNoneWithoutAName) {
    LogLines said;
    for (const char* const name : {static_cast<const char*>(nullptr), ""}) {
        const KeyLog log(name);
        EXPECT_FALSE(log.is_kept());
        log.announce(said.log());
    }
    EXPECT_TRUE(said.all().empty());
}

TEST(KeyLog, SaysWhenItsFileCannotBeMade) {
    const TemporaryFolder folder;
    LogLines said;
    const KeyLog log((folder.path() / "missing" / "keys").c_str());
    EXPECT_FALSE(log.is_kept());
    log.announce(said.log());
    EXPECT_TRUE(said.contains("error NETAIO_KEYLOG: keeps no keys"));
}

}  // namespace
}  // namespace netaio::core

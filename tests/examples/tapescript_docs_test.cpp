#include <gtest/gtest.h>

#include <fstream>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/opens.hpp>
#include <netaio/tapescript/tools.hpp>
#include <netaio/tapescript_auth.hpp>
#include <sstream>

/// That docs/tapescript.md tells the truth: its scripts leave what it says, and its programs, which
/// stand here word for word, do what they expect.
namespace {

using namespace netaio::tapescript;

std::string read(const char* path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    EXPECT_TRUE(in) << "cannot read " << path;
    return text.str();
}

struct Block {
    std::string language;
    std::string text;
};

std::vector<Block> blocks_of(const std::string& document) {
    std::vector<Block> blocks;
    std::istringstream lines(document);
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```")) {
            inside = !inside;
            if (inside) blocks.push_back({line.substr(3), {}});
        } else if (inside) {
            blocks.back().text += line + '\n';
        }
    }
    return blocks;
}

std::string stack_after(const std::string& source) {
    const auto script = compile(source);
    EXPECT_TRUE(script) << script.error().message() << "\nin\n" << source;
    if (!script) return {};
    const RunResult result = run_script(script->code);
    EXPECT_TRUE(result) << result.error->serialized() << "\nin\n" << source;
    std::string lines;
    for (const std::string& item : result.stack.items()) {
        lines += to_hex(item) + '\n';
    }
    return lines;
}

TEST(TapescriptDocs, ItsScriptsLeaveWhatItSays) {
    const auto blocks = blocks_of(read(TAPESCRIPT_DOCS));
    std::size_t scripts = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (blocks[i].language != "tapescript") continue;
        ++scripts;
        ASSERT_LT(i + 1, blocks.size());
        ASSERT_EQ(blocks[i + 1].language, "stack");
        EXPECT_EQ(stack_after(blocks[i].text), blocks[i + 1].text) << blocks[i].text;
    }
    EXPECT_GT(scripts, 10U);
}

// A program of the document may be indented here, and stands in it without that.
TEST(TapescriptDocs, ItsProgramsAreThese) {
    std::istringstream lines(read(TAPESCRIPT_PROGRAMS));
    std::string flush_left;
    for (std::string line; std::getline(lines, line);) {
        flush_left += (line.starts_with("    ") ? line.substr(4) : line) + '\n';
    }
    for (const Block& block : blocks_of(read(TAPESCRIPT_DOCS))) {
        if (block.language != "cpp") continue;
        std::string wanted = block.text;
        // Declared once for all, above.
        const std::string using_line = "using namespace netaio::tapescript;\n\n";
        if (wanted.starts_with(using_line)) wanted.erase(0, using_line.size());
        EXPECT_NE(flush_left.find(wanted), std::string::npos) << "not a program here:\n" << wanted;
    }
}

class TapescriptDocsLocks : public testing::Test {
protected:
    const SigningKey alice = SigningKey::generate();
    const SigningKey bob = SigningKey::generate();
    const SigningKey carol = SigningKey::generate();
    const SigFields fields{.sigfield1 = "turn on the lamp"};
};

TEST_F(TapescriptDocsLocks, SingleKey) {
    const Script lock = make_single_sig_lock(alice.public_key());

    EXPECT_TRUE(opens(lock, make_single_sig_witness(alice, fields), fields));
    EXPECT_FALSE(opens(lock, make_single_sig_witness(bob, fields), fields));
}

TEST_F(TapescriptDocsLocks, TwoOfThree) {
    const std::vector<PublicKey> keys{alice.public_key(), bob.public_key(), carol.public_key()};
    const Script lock = make_multisig_lock(keys, 2);

    const Script by_alice = make_single_sig_witness(alice, fields);
    const Script by_carol = make_single_sig_witness(carol, fields);
    EXPECT_TRUE(opens(lock, by_alice + by_carol, fields));
    EXPECT_FALSE(opens(lock, by_alice, fields));
}

TEST_F(TapescriptDocsLocks, ExpiringDelegation) {
    const std::int64_t monday = 1'700'438'400;
    const std::int64_t friday = monday + 4 * 86'400;
    const Script lock = make_delegate_key_lock(alice.public_key());

    const Certificate certificate = make_delegate_key_cert(
        alice, {.delegate = bob.public_key(), .begin = monday, .end = friday});
    const Script witness = make_delegate_key_witness(bob, certificate, fields);
    EXPECT_TRUE(opens(lock, witness, fields, {.now = monday + 3600}));
    EXPECT_FALSE(opens(lock, witness, fields, {.now = friday}));
}

TEST_F(TapescriptDocsLocks, AdminOverrideThroughTaproot) {
    const SigningKey admin = SigningKey::generate();
    const std::vector<PublicKey> keys{alice.public_key(), bob.public_key()};
    const Script hidden = make_multisig_lock(keys, 2);
    const Script lock = make_taproot_lock(admin.public_key(), hidden);

    EXPECT_TRUE(opens(lock, make_taproot_witness_keyspend(admin, hidden, fields), fields));

    const Script both =
        make_single_sig_witness(alice, fields) + make_single_sig_witness(bob, fields);
    const Script shown = make_taproot_witness_scriptspend(admin.public_key(), hidden);
    EXPECT_TRUE(opens(lock, both + shown, fields));
    EXPECT_FALSE(opens(lock, make_single_sig_witness(alice, fields) + shown, fields));
}

TEST_F(TapescriptDocsLocks, OfOnesOwn) {
    const auto lock = compile("sha256 push ~! { push s\"open sesame\" sha256 } equal");
    const auto witness = compile("push s\"open sesame\"");
    EXPECT_TRUE(opens(lock.value(), witness.value(), {}));
}

TEST_F(TapescriptDocsLocks, InAPlugin) {
    const auto auth = netaio::tapescript_auth({
        .lock = make_multisig_lock(std::vector{alice.public_key(), bob.public_key()}, 1),
        .seed = alice.reveal_seed(),
    });

    const netaio::Environment environment;
    netaio::AuthFields auth_fields;
    ASSERT_FALSE(auth->make(auth_fields, "an encoded body", {.environment = environment}));
    EXPECT_TRUE(auth->check(auth_fields, "an encoded body", {.environment = environment}));
    EXPECT_FALSE(auth->check(auth_fields, "another body", {.environment = environment}));
}

}  // namespace

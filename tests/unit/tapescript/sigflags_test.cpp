#include <gtest/gtest.h>

#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/opcodes.hpp>
#include <netaio/tapescript/sigflags.hpp>
#include <netaio/tapescript/tools.hpp>

namespace netaio::tapescript {
namespace {

int allowed(const std::string& source) {
    const auto script = compile(source);
    EXPECT_TRUE(script) << source;
    return script ? allowed_sigflags(script->code) : -1;
}

TEST(AllowedSigflags, AreThoseOfAllThatChecksSignatures) {
    EXPECT_EQ(allowed("true"), 0);
    EXPECT_EQ(allowed("check_sig x00"), 0);
    EXPECT_EQ(allowed("check_sig x02"), 2);
    EXPECT_EQ(allowed("check_sig_verify x04 true"), 4);
    EXPECT_EQ(allowed("check_multisig x08 d1 d2"), 8);
    EXPECT_EQ(allowed("check_multisig_verify x10 d1 d2"), 16);
    EXPECT_EQ(allowed("taproot x20"), 32);
    EXPECT_EQ(allowed("get_message x40"), 64);
    EXPECT_EQ(allowed("check_sig_verify x01 check_sig x06"), 7);
}

TEST(AllowedSigflags, AreFoundInBlocks) {
    EXPECT_EQ(allowed("true if { check_sig x02 }"), 2);
    EXPECT_EQ(allowed("true if { true } else { check_sig x02 }"), 2);
    EXPECT_EQ(allowed("try { check_sig x01 } except { check_sig x04 }"), 5);
    EXPECT_EQ(allowed("def 0 { check_sig x02 } call d0"), 2);
    EXPECT_EQ(allowed("true loop { false if { check_sig x02 } }"), 2);
}

TEST(AllowedSigflags, AreNoneInWhatIsOnlyData) {
    EXPECT_EQ(allowed("push x2302 pop0 check_sig x00"), 0);
    EXPECT_EQ(allowed("write_cache x2302 d1 check_sig x00"), 0);
}

TEST(AllowedSigflags, OfLocksAreThoseTheyWereMadeWith) {
    const SigningKey key(std::string(32, 'k'));
    for (const std::uint8_t flags : std::initializer_list<std::uint8_t>{0, 2, 0xff}) {
        EXPECT_EQ(allowed_sigflags(make_single_sig_lock(key.public_key(), flags).code), flags);
        EXPECT_EQ(allowed_sigflags(make_single_sig_lock2(key.public_key(), flags).code), flags);
        EXPECT_EQ(allowed_sigflags(make_graftroot_lock(key.public_key(), flags).code), flags);
        EXPECT_EQ(allowed_sigflags(make_delegate_key_lock(key.public_key(), flags).code), flags);
        EXPECT_EQ(allowed_sigflags(make_graftap_lock(key.public_key(), flags).code), flags);
    }
}

TEST(AllowedSigflags, OfCodeThatEndsAnywhereAreRead) {
    const auto script = compile("true if { check_sig x02 } else { true } check_multisig x04 d1 d1");
    ASSERT_TRUE(script);
    for (std::size_t size = 0; size <= script->code.size(); ++size) {
        allowed_sigflags(script->code.substr(0, size));
    }
    std::string deep;
    for (int i = 0; i < 20'000; ++i) {
        deep += static_cast<char>(Op::if_);
        deep += "\xff\xff";
    }
    deep += static_cast<char>(Op::check_sig);
    EXPECT_EQ(allowed_sigflags(deep + "\x07"), 7);
}

}  // namespace
}  // namespace netaio::tapescript

#include <gtest/gtest.h>

#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/tools.hpp>

namespace netaio::tapescript {
namespace {

using namespace std::string_literals;

struct TapescriptToolsTest : testing::Test {
    SigningKey alice{std::string(32, 'a')};
    SigningKey bob{std::string(32, 'b')};
    SigFields fields{.sigfield1 = "one", .sigfield3 = "three"};
};

TEST_F(TapescriptToolsTest, KeysSignAsRfc8032Says) {
    const SigningKey key(
        *from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    EXPECT_EQ(to_hex(key.public_key().bytes()),
              "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    EXPECT_EQ(to_hex(key.sign("")),
              "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e"
              "39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    EXPECT_EQ(key.scalar().point(), key.public_key());
}

TEST_F(TapescriptToolsTest, SignaturesOfScalarsCheckLikeOthers) {
    const Scalar scalar = alice.scalar() + bob.scalar();
    const Point sum = alice.public_key() + bob.public_key();
    EXPECT_EQ(scalar.point(), sum);
    const Script witness =
        make_single_sig_witness(alice, fields);  // another's, for the same fields
    EXPECT_FALSE(opens(make_single_sig_lock(sum), witness, fields));
    Script own = witness;
    own.code.replace(2, 64, sign_with_scalar(scalar, "onethree"));
    EXPECT_TRUE(opens(make_single_sig_lock(sum), own, fields));
}

TEST_F(TapescriptToolsTest, FlagsLeaveFieldsOutOnlyWhereTheLockAllowsIt) {
    const Script witness = make_single_sig_witness(alice, fields, {.sigflags = 4});
    SigFields changed = fields;
    changed.sigfield3 = "other";
    EXPECT_TRUE(opens(make_single_sig_lock(alice.public_key(), 4), witness, changed));
    EXPECT_FALSE(opens(make_single_sig_lock(alice.public_key()), witness, fields));
}

TEST_F(TapescriptToolsTest, ExtensionsChangeWhatIsSigned) {
    Environment environment;
    environment.signature_extensions.push_back([](OpContext& context) -> Result<bool> {
        context.cache.named["sigfield1"] = "extended"s;
        return true;
    });
    EXPECT_EQ(message_to_sign(fields, {.environment = &environment}), "extendedthree");
    environment.signature_extensions.push_back(
        [](OpContext&) -> Result<bool> { return Error{"ValueError", "no"}; });
    EXPECT_THROW(message_to_sign(fields, {.environment = &environment}), std::invalid_argument);
}

TEST_F(TapescriptToolsTest, RefusesWhatCannotBeMade) {
    EXPECT_THROW(PublicKey("short"), std::invalid_argument);
    EXPECT_THROW(SigningKey("short"), std::invalid_argument);
    EXPECT_THROW(Scalar(std::string(32, '\0')).point(), std::invalid_argument);
    EXPECT_THROW(make_graftroot_witness_surrogate(alice, {}), std::invalid_argument);
    EXPECT_THROW(make_scripthash_witness({}), std::invalid_argument);
    EXPECT_THROW(message_to_sign({.sigfield1 = std::string(1025, 'x')}), std::length_error);
    const Point no_point(std::string(32, '\x02'));
    EXPECT_THROW(make_taproot_lock(no_point, Script{}), std::invalid_argument);
    EXPECT_THROW(decrypt_adapter({}, bob.scalar()), std::invalid_argument);
    EXPECT_THROW(setup_amhl({.seed = "seed", .keys = {}}), std::invalid_argument);
    EXPECT_THROW(make_script_tree_balanced({}), std::invalid_argument);
}

TEST_F(TapescriptToolsTest, TreesOpenForEachLeafAndNoOther) {
    std::vector<Script> leaves;
    for (const SigningKey* key : {&alice, &bob, &alice, &bob, &alice}) {
        leaves.push_back(make_single_sig_lock(key->public_key()));
    }
    const Script witness = make_single_sig_witness(alice, fields);
    for (const MerklizedScript& made :
         {make_merklized_script_prioritized(leaves), make_merklized_script_balanced(leaves)}) {
        ASSERT_EQ(made.unlocks.size(), leaves.size());
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            EXPECT_EQ(opens(made.lock, witness + made.unlocks[i], fields), i % 2 == 0) << i;
        }
        EXPECT_FALSE(opens(made.lock, witness, fields));
    }
}

TEST_F(TapescriptToolsTest, TreesKeepTheirRootWhenPacked) {
    const std::vector<Script> leaves(7, Script{{}, "\x01"});
    const ScriptTree tree = make_script_tree_prioritized(leaves);
    const auto unpacked = ScriptTree::unpack(tree.pack());
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(unpacked->root(), tree.root());
}

TEST_F(TapescriptToolsTest, StrangersTreesAndCertificatesAreValuesOrErrors) {
    const std::string packed =
        make_script_tree_prioritized(std::vector(3, Script{{}, "\x01"})).pack();
    for (std::size_t size = 0; size < packed.size(); ++size) {
        EXPECT_FALSE(ScriptTree::unpack(packed.substr(0, size))) << size;
    }
    std::string deep = packed;
    for (std::size_t level = 0; level <= ScriptTree::max_depth; ++level) {
        const std::string head{'N', static_cast<char>(deep.size() >> 8),
                               static_cast<char>(deep.size())};
        deep = head + deep + "L\0\1\1"s;
    }
    EXPECT_FALSE(ScriptTree::unpack(deep));
    EXPECT_FALSE(Certificate::unpack(std::string(104, 'x')));
    EXPECT_FALSE(Certificate::unpack(std::string(105, '\xff'))) << "it begins before 1970";
}

TEST_F(TapescriptToolsTest, CertificatesSayTheSameWhenPacked) {
    const Certificate certificate = make_delegate_key_cert(
        alice,
        {.delegate = bob.public_key(), .begin = 5, .end = 70'000, .can_further_delegate = false});
    const auto unpacked = Certificate::unpack(certificate.pack());
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(unpacked->delegate, bob.public_key());
    EXPECT_EQ(unpacked->begin, 5);
    EXPECT_EQ(unpacked->end, 70'000);
    EXPECT_FALSE(unpacked->can_further_delegate);
    EXPECT_EQ(unpacked->signature, certificate.signature);
}

}  // namespace
}  // namespace netaio::tapescript

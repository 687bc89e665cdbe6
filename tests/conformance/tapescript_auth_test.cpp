#include <gtest/gtest.h>

#include <netaio/tapescript/machine.hpp>
#include <set>

#include "divergences.hpp"
#include "tapescript_auth_makers.hpp"
#include "tapescript_values.hpp"

namespace netaio::tapescript_auth_cases {
namespace {

using vectors::Json;

std::string_view ours_in(const Json& one) {
    const auto* found = divergences::find("tapescript_auth", one.at("name").get<std::string>());
    return found ? found->ours : std::string_view();
}

void check_maker(const Json& one) {
    const auto& makers = vectors::makers();
    const auto maker = makers.find(one.at("maker").get<std::string>());
    ASSERT_NE(maker, makers.end()) << "no maker " << one.at("maker");
    const auto made = [&] { return maker->second(vectors::Arguments(one)); };
    if (vectors::expects_error(one) || ours_in(one) == "refused") {
        EXPECT_THROW(made(), std::logic_error);
        return;
    }
    EXPECT_EQ(made(), one.at("expect").at("result"));
}

void check_tree(const Json& one) {
    std::vector<tapescript::Script> leaves;
    for (const Json& leaf : one.at("leaves")) {
        leaves.push_back({{}, vectors::from_hex(leaf.get<std::string>())});
    }
    const auto tree = tapescript::make_script_tree_prioritized(leaves);
    const Json& expect = one.at("expect");
    vectors::expect_bytes(expect.at("root"), tree.root());
    vectors::expect_bytes(expect.at("lock"), tree.locking_script().code);
    vectors::expect_bytes(expect.at("commitment"), tree.commitment());
    vectors::expect_bytes(expect.at("packed"), tree.pack());
    const auto unpacked = tapescript::ScriptTree::unpack(tree.pack());
    ASSERT_TRUE(unpacked);
    vectors::expect_bytes(expect.at("unpacked_root"), unpacked->root());
}

void check_auth(const Json& one) {
    std::vector<std::string> codes;
    for (const Json& script : one.at("scripts")) {
        codes.push_back(vectors::bytes_field(script));
    }
    const std::vector<std::string_view> scripts(codes.begin(), codes.end());
    const auto options = vectors::run_options(one);
    const bool valid =
        ours_in(one).empty() ? one.at("expect").at("valid").get<bool>() : ours_in(one) == "valid";
    EXPECT_EQ(tapescript::run_auth_scripts(scripts, options), valid);
}

TEST(TapescriptAuthVectors, MakesTheLocksAndWitnessesOfTheReference) {
    vectors::for_each_case("tapescript_auth", "maker", check_maker);
}

TEST(TapescriptAuthVectors, BuildsTheTreesOfTheReference) {
    vectors::for_each_case("tapescript_auth", "tree", check_tree);
}

TEST(TapescriptAuthVectors, OpensWhatTheReferenceOpens) {
    vectors::for_each_case("tapescript_auth", "auth", check_auth);
}

TEST(TapescriptAuthVectors, OpensWhatTheReferenceOpensInItsOwnTests) {
    vectors::for_each_reference_case("tapescript_auth", "auth", check_auth);
}

TEST(TapescriptAuthVectors, AreAllOfAKindThatIsTested) {
    const std::set<std::string> kinds{"auth",        "maker",        "amhl",        "tree",
                                      "plugin_make", "plugin_check", "plugin_error"};
    for (const Json& one : vectors::cases("tapescript_auth")) {
        EXPECT_TRUE(kinds.contains(one.at("kind").get<std::string>())) << one.at("name");
    }
}

}  // namespace
}  // namespace netaio::tapescript_auth_cases

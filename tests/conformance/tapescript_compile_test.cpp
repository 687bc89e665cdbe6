#include <gtest/gtest.h>

#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/decompiler.hpp>

#include "divergences.hpp"
#include "vectors.hpp"

namespace netaio::tapescript_compile_cases {
namespace {

using tapescript::CompileResult;
using vectors::Json;

constexpr std::string_view file = "tapescript_compile";

// What compiling gave, as `expect` and the list of divergences have it.
std::string code_or_error(const CompileResult& compiled) {
    return compiled ? vectors::to_hex(compiled->code) : "error";
}

CompileResult compile(const std::string& source) {
    constexpr std::int64_t recorded_at = 1'700'000'000;
    tapescript::CompileOptions options;
    options.run.now = recorded_at;
    return tapescript::compile(source, options);
}

std::string expected_code(const Json& expect) {
    return expect.contains("error") ? "error" : expect.at("code").get<std::string>();
}

void check_compile(const Json& one) {
    const auto compiled = compile(one.at("source").get<std::string>());
    const auto* divergence = divergences::find(file, one.at("name").get<std::string>());
    const std::string shown = compiled ? "" : compiled.error().message();
    if (divergence) {
        EXPECT_EQ(code_or_error(compiled), divergence->ours) << shown;
        return;
    }
    EXPECT_EQ(code_or_error(compiled), expected_code(one.at("expect"))) << shown;
    if (!vectors::expects_error(one) || compiled) return;
    const Json& error = one.at("expect").at("error");
    if (error.at("own").get<bool>()) {
        EXPECT_EQ(compiled.error().type, error.at("type").get<std::string>()) << shown;
    }
}

std::string recompiled(const std::vector<std::string>& lines) {
    std::string source;
    for (const std::string& line : lines) source += line + '\n';
    return code_or_error(compile(source));
}

void check_decompile(const Json& one) {
    const std::string code = vectors::bytes_field(one.at("code"));
    const auto lines = tapescript::decompile(code);
    if (vectors::expects_error(one)) {
        ASSERT_FALSE(lines);
        const Json& error = one.at("expect").at("error");
        if (error.at("own").get<bool>()) {
            EXPECT_EQ(lines.error().type, error.at("type").get<std::string>());
        }
        return;
    }
    ASSERT_TRUE(lines) << lines.error().serialized();
    const Json& expect = one.at("expect");
    EXPECT_EQ(*lines, expect.at("lines").get<std::vector<std::string>>());
    if (!expect.contains("recompiled")) {
        EXPECT_EQ(recompiled(*lines), vectors::to_hex(code));
    } else if (expect.at("recompiled").is_string()) {
        EXPECT_EQ(recompiled(*lines), expect.at("recompiled").get<std::string>());
    } else {
        EXPECT_EQ(recompiled(*lines), "error");
    }
}

TEST(TapescriptCompileVectors, CompileAsTheReferenceDoes) {
    vectors::for_each_case(file, "compile", check_compile);
}

TEST(TapescriptCompileVectors, DecompileAsTheReferenceDoes) {
    vectors::for_each_case(file, "decompile", check_decompile);
}

TEST(TapescriptCompileVectors, AreAllOfAKindThatIsTested) {
    for (const Json& one : vectors::cases(file)) {
        const auto kind = one.at("kind").get<std::string>();
        EXPECT_TRUE(kind == "compile" || kind == "decompile") << one.at("name");
    }
}

TEST(TapescriptCompileReferenceVectors, CompileAsTheReferenceDoes) {
    vectors::for_each_reference_case(file, "compile", check_compile);
}

TEST(TapescriptCompileReferenceVectors, DecompileAsTheReferenceDoes) {
    vectors::for_each_reference_case(file, "decompile", check_decompile);
}

}  // namespace
}  // namespace netaio::tapescript_compile_cases

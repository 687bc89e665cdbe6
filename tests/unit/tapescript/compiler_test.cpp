#include <gtest/gtest.h>

#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/decompiler.hpp>

namespace netaio::tapescript {
namespace {

std::string code_of(std::string_view source, const CompileOptions& options = {}) {
    const auto compiled = compile(source, options);
    return compiled ? to_hex(compiled->code) : compiled.error().message();
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (; count > 0; --count) all += text;
    return all;
}

TEST(TapescriptCompiler, KeepsTheSourceBesideTheCode) {
    const auto compiled = compile("push d1 # one #");
    ASSERT_TRUE(compiled);
    EXPECT_EQ(compiled->source, "push d1 # one #");
    EXPECT_EQ(to_hex(compiled->code), "0201");
}

TEST(TapescriptCompiler, SaysWhereAnErrorIsWhatItFoundAndWhatItExpected) {
    const auto compiled = compile("true\n  push d1\n  push d1.5\n");
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error(), (CompileError{"ValueError", 3, 8, "'d1.5'",
                                              "a whole number of at most 4300 digits after d"}));
    EXPECT_EQ(compiled.error().message(),
              "3:8: found 'd1.5', expected a whole number of at most 4300 digits after d");
}

TEST(TapescriptCompiler, CountsCharactersAndNotBytesInAColumn) {
    const auto compiled = compile("push s\"\u00e9\u00e9\" nonsense");
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error().column, 12U);
    EXPECT_EQ(compiled.error().found, "'nonsense'");
}

TEST(TapescriptCompiler, PointsBehindTheLastSymbolWhenSomethingIsMissing) {
    EXPECT_EQ(code_of("push d1\npush"),
              "2:5: found the end of the source, expected a value that begins with d, x or s");
    EXPECT_EQ(code_of("if { true"), "1:4: found '{', expected a closing } further on");
    EXPECT_EQ(code_of("push s\"a b"), "1:6: found 's\"a', expected a closing \"");
}

TEST(TapescriptCompiler, PointsIntoTheMacroWhoseBodyIsWrong) {
    EXPECT_EQ(code_of("!= m [ a ] {\n  push a\n}\n!m [ f1 ]"),
              "4:6: found 'f1', expected a value that begins with d, x or s");
}

TEST(TapescriptCompiler, TellsHowACompileTimeBlockFailed) {
    const auto compiled = compile("push ~! { false verify }");
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error().type, "ScriptExecutionError");
    EXPECT_EQ(compiled.error().column, 6U);
}

TEST(TapescriptCompiler, RefusesSourceThatIsNotUtf8) {
    EXPECT_EQ(code_of("true \xff"), "1:6: found a byte that is no text, expected UTF-8");
}

TEST(TapescriptCompiler, KeepsMacrosForTheNextSource) {
    Compiler compiler;
    ASSERT_TRUE(compiler.compile("!= twice [ v ] { push v push v }"));
    const auto compiled = compiler.compile("!twice [ d1 ]");
    ASSERT_TRUE(compiled);
    EXPECT_EQ(to_hex(compiled->code), "02010201");
    EXPECT_FALSE(compile("!twice [ d1 ]"));
}

TEST(TapescriptCompiler, CompilesSoftForksByTheirNames) {
    Environment environment;
    environment.soft_forks[200] = {
        "OP_CHECK_WEATHER", {"CW"}, [](OpContext&) { return Result<void>(); }};
    CompileOptions options;
    options.run.environment = &environment;
    EXPECT_EQ(code_of("check_weather d200 cw x01", options), "c8c8c801");
    EXPECT_EQ(*decompile(*from_hex("c8c8"), {.environment = &environment}),
              std::vector<std::string>{"OP_CHECK_WEATHER d200"});
}

TEST(TapescriptCompiler, RefusesWhatADefinitionWouldDrop) {
    EXPECT_EQ(code_of("def 0 { true end_def false }"),
              "1:14: found 'end_def', expected the } that ends the definition");
}

TEST(TapescriptCompiler, BoundsBlocksInsideEachOther) {
    constexpr std::size_t most = 480;
    EXPECT_TRUE(compile(repeated("if { ", most) + repeated("} ", most)));
    EXPECT_FALSE(compile(repeated("if { ", most + 1) + repeated("} ", most + 1)));
    EXPECT_TRUE(compile(repeated("if ( ", most) + repeated(") { } ", most)));
    constexpr std::size_t many = 10'000;
    EXPECT_FALSE(compile(repeated("if ( ", many) + repeated(") { } ", many)));
    EXPECT_FALSE(compile(repeated("~ { ", many) + repeated("} ", many)));
}

TEST(TapescriptCompiler, BoundsWhatMacrosMultiply) {
    std::string source = "true";
    for (int level = 0; level < 60; ++level) {
        source = "!= m [ ] { " + source + " } !m [ ] !m [ ] !m [ ]";
    }
    const auto compiled = compile(source, {.max_source = 200'000});
    ASSERT_FALSE(compiled);
    EXPECT_NE(compiled.error().expected.find("bytes of source"), std::string::npos);
}

TEST(TapescriptCompiler, BoundsWhatAllCompileTimeBlocksUseUpTogether) {
    CompileOptions options;
    options.run.budget.operations = 100;
    const std::string block = "push ~! { true } ";
    EXPECT_TRUE(compile(block, options));
    EXPECT_FALSE(compile(repeated(block, 200), options));
}

TEST(TapescriptDecompiler, ShowsBlocksIndented) {
    const auto lines = decompile(*from_hex("2c0004450001010000"));
    ASSERT_TRUE(lines);
    EXPECT_EQ(*lines, (std::vector<std::string>{"OP_IF {", "    OP_LOOP {", "        OP_TRUE",
                                                "    }", "} ELSE {", "}"}));
}

TEST(TapescriptDecompiler, ReadsSizesAsUnsigned) {
    const std::string code = *from_hex("048000") + std::string(0x8000, 'a');
    const auto lines = decompile(code);
    ASSERT_TRUE(lines);
    EXPECT_EQ(lines->front().substr(0, 20), "OP_PUSH2 d32768 x616");
}

TEST(TapescriptDecompiler, SaysWhereCodeEndsTooEarly) {
    const auto lines = decompile(*from_hex("010305ab"));
    ASSERT_FALSE(lines);
    EXPECT_EQ(lines.error(), (Error{"ScriptExecutionError",
                                    "OP_PUSH1 at byte 1 goes on behind the end of its script"}));
}

TEST(TapescriptDecompiler, BoundsBlocksInsideEachOther) {
    std::string code;
    for (int level = 0; level < 1000; ++level) {
        code = std::string("\x2b") + static_cast<char>(code.size() >> 8) +
               static_cast<char>(code.size()) + code;
    }
    EXPECT_FALSE(decompile(code));
    EXPECT_TRUE(decompile(code, {.depth = 1000}));
}

TEST(TapescriptDecompiler, BoundsItsText) {
    EXPECT_TRUE(decompile("\x01\x01", {.text_size = 14}));  // OP_TRUE twice
    EXPECT_FALSE(decompile("\x01\x01", {.text_size = 13}));
}

}  // namespace
}  // namespace netaio::tapescript

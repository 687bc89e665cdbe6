#include <gtest/gtest.h>

#include <array>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/machine.hpp>
#include <netaio/tapescript/opcodes.hpp>

namespace netaio::tapescript {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string op(Op operation, std::string_view operands = {}) {
    return static_cast<char>(operation) + std::string(operands);
}

std::string block(std::string_view code) {
    return std::string{static_cast<char>(code.size() >> 8), static_cast<char>(code.size())}.append(
        code);
}

std::string push(std::string_view bytes) {
    return op(Op::push2, block(bytes));
}

std::string error_of(const RunResult& result) {
    return result.error ? result.error->serialized() : "none";
}

TEST(TapescriptMachine, RunsAScriptAndShowsHowItEnded) {
    const RunResult result = run_script(op(Op::true_) + op(Op::false_));
    EXPECT_TRUE(result);
    EXPECT_EQ(result.stack.items(), (std::vector<std::string>{"\xff", "\0"s}));
    EXPECT_EQ(result.pointer, 2U);
    EXPECT_EQ(result.used.operations, 2U);
}

TEST(TapescriptMachine, KeepsWhatWasDoneBeforeAnError) {
    const RunResult result = run_script(op(Op::true_) + op(Op::false_) + op(Op::verify));
    EXPECT_EQ(error_of(result), "ScriptExecutionError|OP_VERIFY check failed");
    EXPECT_EQ(result.stack.items(), std::vector<std::string>{"\xff"});
}

TEST(TapescriptMachine, LetsScriptsReadTheErrorTheyCatch) {
    const auto read_error = op(Op::read_cache,
                               "\x01"
                               "E");
    const auto script = op(Op::try_except, block(op(Op::pop0)) + block(read_error));
    const RunResult result = run_script(script);
    EXPECT_TRUE(result);
    EXPECT_EQ(result.stack.items(), std::vector<std::string>{"IndexError|the stack is empty"});
}

TEST(TapescriptMachine, TakesTheClockFromItsOptions) {
    RunOptions options;
    options.now = 1'000;
    const RunResult result = run_script(op(Op::get_value, "\x09timestamp"), options);
    EXPECT_EQ(result.stack.items(), std::vector<std::string>{to_bytes(1'000)});
}

TEST(TapescriptAuth, IsTrueOnlyForASingleTrue) {
    const auto opens = [](std::initializer_list<std::string_view> scripts) {
        return run_auth_scripts(std::vector<std::string_view>(scripts));
    };
    EXPECT_TRUE(opens({"\x01"sv}));
    EXPECT_TRUE(opens({"\x01"sv, ""sv}));
    EXPECT_FALSE(opens({}));
    EXPECT_FALSE(opens({"\x00"sv}));
    EXPECT_FALSE(opens({"\x01\x01"sv}));
    EXPECT_FALSE(opens({"\x02\x01"sv}));
    EXPECT_FALSE(opens({"\x02"sv}));
}

TEST(TapescriptAuth, LetsNoReturnOfAWitnessCutTheLockShort) {
    const auto witness = op(Op::true_) + op(Op::return_);
    const auto lock = op(Op::true_) + op(Op::if_, block("")) + op(Op::false_) + op(Op::verify);
    EXPECT_FALSE(run_auth_scripts(std::array<std::string_view, 2>{witness, lock}));
}

TEST(TapescriptAuth, CarriesDefinitionsAndCallsFromScriptToScript) {
    const auto witness = op(Op::def, "\x01" + block(op(Op::true_)));
    const auto lock = op(Op::call, "\x01");
    EXPECT_TRUE(run_auth_scripts(std::array<std::string_view, 2>{witness, lock}));
    RunOptions options;
    options.limits.callstack = 1;
    const auto calls = lock + op(Op::pop0) + lock;
    EXPECT_FALSE(run_auth_scripts(std::array<std::string_view, 2>{witness, calls}, options));
}

TEST(TapescriptAuth, SaysWhyItFailedWhenAsked) {
    const std::string_view script = "\x00"sv;
    const auto result = run_auth_scripts_verbosely(std::span(&script, 1));
    EXPECT_EQ(error_of(result), "AssertionError|the scripts did not leave a single true");
}

// A loop in a loop in a loop, which would go on for two million rounds.
std::string long_loop() {
    std::string code = op(Op::true_) + op(Op::pop0);
    for (int level = 0; level < 3; ++level) {
        code = op(Op::try_except, block(op(Op::true_) + op(Op::loop, block(code))) + block(""));
    }
    return code;
}

TEST(TapescriptBudget, EndsWhatTakesTooManyOperations) {
    const RunResult result = run_script(long_loop());
    EXPECT_EQ(error_of(result), "ScriptExecutionError|budget exhausted");
    EXPECT_EQ(result.used.operations, Budget().operations);
}

TEST(TapescriptBudget, IsNotGivenBackToAScriptThatCatchesErrors) {
    RunOptions options;
    options.budget.operations = 3;
    const auto script = op(Op::try_except, block(long_loop()) + block("")) + op(Op::true_);
    EXPECT_EQ(error_of(run_script(script, options)), "ScriptExecutionError|budget exhausted");
}

TEST(TapescriptBudget, EndsWhatMovesTooManyBytes) {
    const auto copies = op(Op::copy, "\xff") + op(Op::pop1, "\xff");
    const auto script = push(std::string(1024, 'x')) + op(Op::loop, block(copies));
    RunOptions options;
    options.budget.bytes = 1'000'000;
    const RunResult result = run_script(script, options);
    EXPECT_EQ(error_of(result), "ScriptExecutionError|budget exhausted");
    EXPECT_LE(result.used.bytes, options.budget.bytes);
}

TEST(TapescriptBudget, EndsProductsOfGiantNumbers) {
    std::string script;
    for (int factor = 0; factor < 255; ++factor) {
        script += push(std::string(1024, '\x7f'));
    }
    RunOptions options;
    options.budget.work = 10'000;
    const RunResult result = run_script(script + op(Op::mult_ints, "\xff"), options);
    EXPECT_EQ(error_of(result), "ScriptExecutionError|budget exhausted");
}

TEST(TapescriptBudget, EndsChecksOfTooManySignatures) {
    const auto check = push(std::string(64, 's')) + push(std::string(32, 'k')) +
                       op(Op::check_sig, "\0"sv) + op(Op::pop0);
    RunOptions options;
    options.budget.work = 1'000;
    const RunResult result = run_script(op(Op::true_) + op(Op::loop, block(check)), options);
    EXPECT_EQ(error_of(result), "ScriptExecutionError|budget exhausted");
    EXPECT_LE(result.used.work, options.budget.work);
}

TEST(TapescriptMachine, BoundsBlocksInsideEachOther) {
    std::string code;
    for (int level = 0; level < 10'000; ++level) {
        if (code.size() > 65'000) break;
        code = op(Op::true_) + op(Op::if_, block(code));
    }
    EXPECT_EQ(error_of(run_script(code)),
              "RecursionError|blocks, calls and evals are too deep inside each other");
    const auto caught = op(Op::try_except, block(code) + block(""));
    EXPECT_TRUE(run_script(caught));
}

class Echo : public InvocableContract {
public:
    Result<std::optional<std::vector<std::string>>> abi(
        std::span<const std::string> arguments) override {
        if (arguments.empty()) return Error{"ValueError", "nothing to say"};
        return std::optional(std::vector<std::string>(arguments.begin(), arguments.end()));
    }
};

TEST(TapescriptContracts, AnswerAnInvocation) {
    Environment environment;
    environment.contracts["echo"].invocable = std::make_shared<Echo>();
    RunOptions options;
    options.environment = &environment;
    const auto invoke = [](char count) {
        return push(std::string(1, count)) + push("echo") + op(Op::invoke);
    };
    const RunResult result = run_script(push("a") + push("b") + invoke(2), options);
    EXPECT_EQ(result.stack.items(), (std::vector<std::string>{"b", "a"}));
    EXPECT_EQ(result.cache.written.at("IR").list()->size(), 2U);
    EXPECT_EQ(error_of(run_script(invoke(0), options)), "ValueError|nothing to say");
}

TEST(TapescriptPlugins, PrepareSignatureFieldsOutsideBlocksOnly) {
    Environment environment;
    environment.signature_extensions.push_back([](OpContext& context) -> Result<bool> {
        context.cache.named["sigfield1"] = "extended"s;
        return true;
    });
    RunOptions options;
    options.environment = &environment;
    options.cache.named["sigfield1"] = "field"s;
    const auto message = op(Op::get_message, "\0"sv);
    EXPECT_EQ(run_script(message, options).stack.items(), std::vector<std::string>{"extended"});
    const auto inside = op(Op::true_) + op(Op::if_, block(message));
    EXPECT_EQ(run_script(inside, options).stack.items(), std::vector<std::string>{"field"});
}

TEST(TapescriptPlugins, DecideWhetherATemplateFits) {
    Environment environment;
    environment.check_template.push_back([](OpContext& context) -> Result<bool> {
        return context.stack.peek(0).size() == context.stack.peek(1).size();
    });
    RunOptions options;
    options.cache.named["sigfield1"] = "field"s;
    const auto script = push("other") + op(Op::check_template, "\x01");
    EXPECT_EQ(run_script(script, options).stack.items(), std::vector<std::string>{"\0"s});
    options.environment = &environment;
    EXPECT_EQ(run_script(script, options).stack.items(), std::vector<std::string>{"\xff"});
}

TEST(TapescriptSoftForks, TakeThePlaceOfNops) {
    Environment environment;
    constexpr std::uint8_t code = 200;
    environment.soft_forks[code] = {"OP_TWICE", {}, [](OpContext& context) -> Result<void> {
                                        if (context.tape.empty())
                                            return Error{"ScriptExecutionError", "cannot read"};
                                        const std::string twice(2, context.tape.front());
                                        context.tape.remove_prefix(1);
                                        if (!context.stack.push(twice))
                                            return Error{"ScriptExecutionError", "full"};
                                        return {};
                                    }};
    RunOptions options;
    options.environment = &environment;
    const auto script = std::string{static_cast<char>(code), 'x'} + op(Op::true_);
    EXPECT_EQ(run_script(script, options).stack.items(), (std::vector<std::string>{"xx", "\xff"}));
    EXPECT_EQ(error_of(run_script(script)), "IndexError|the stack is empty");
}

}  // namespace
}  // namespace netaio::tapescript

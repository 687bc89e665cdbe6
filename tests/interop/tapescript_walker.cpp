// Writes random well-formed scripts and how they end here, one a line, for
// tapescript_differential.py to run them beside the reference.
//   tapescript_walker SEED COUNT
// A line is: code, stack to start with, outcome (`ok` or the error's type and text), stack, cache;
// parts apart by tabs, items by commas, all bytes in hex.

#include <sodium.h>

#include <charconv>
#include <iostream>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/machine.hpp>

#include "tapescript_scripts.hpp"

namespace {

using namespace netaio::tapescript;

std::string text_of(const Value& value);

struct AsText {
    std::string operator()(std::monostate) const { return "none"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const Integer& number) const { return "i" + number.str(); }
    std::string operator()(double) const { return "float"; }
    std::string operator()(const std::string& bytes) const { return "b" + to_hex(bytes); }
    std::string operator()(const Text& text) const { return "t" + to_hex(text.utf8); }
    std::string operator()(const ValueList& list) const {
        std::string joined = "[";
        for (const Value& item : list) {
            joined += text_of(item) + ' ';
        }
        return joined + ']';
    }
};

std::string text_of(const Value& value) {
    return std::visit(AsText{}, static_cast<const Value::variant&>(value));
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        if (!text.empty()) text += ',';
        text += 'x' + to_hex(item);
    }
    return text;
}

std::string joined(const Cache& cache) {
    std::string text;
    for (const auto& [key, value] : cache.named) {
        text += "n" + to_hex(key) + '=' + text_of(value) + ',';
    }
    for (const auto& [key, value] : cache.written) {
        text += "w" + to_hex(key) + '=' + text_of(value) + ',';
    }
    return text;
}

void write_one(netaio::interop::ScriptMaker& maker) {
    const auto made = maker.make();
    const std::vector<std::string_view> views(made.stack.begin(), made.stack.end());
    RunOptions options;
    options.stack = views;
    options.now = netaio::interop::now;
    options.cache = made.cache;
    options.budget = Budget::unlimited();
    const RunResult result = run_script(made.code, options);
    std::cout << to_hex(made.code) << '\t' << joined(made.stack) << '\t' << joined(made.cache)
              << '\t' << (result.error ? result.error->serialized() : "ok") << '\t'
              << joined(result.stack.items()) << '\t' << joined(result.cache) << '\t'
              << result.pointer << ' ' << result.callstack_count << '\n';
}

}  // namespace

int main(int count, char** words) {
    std::uint64_t seed = 1;
    std::uint64_t scripts = 0;
    const auto parse = [](std::string_view word, std::uint64_t& number) {
        return std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc();
    };
    if (sodium_init() < 0 || count != 3 || !parse(words[1], seed) || !parse(words[2], scripts)) {
        std::cerr << "usage: tapescript_walker SEED COUNT\n";
        return 2;
    }
    std::ios::sync_with_stdio(false);
    netaio::interop::ScriptMaker maker(seed);
    for (std::uint64_t made = 0; made < scripts; ++made) {
        write_one(maker);
    }
    return 0;
}

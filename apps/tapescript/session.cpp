#include "session.hpp"

#include <netaio/tapescript/opcodes.hpp>
#include <utility>

namespace netaio::app {
namespace {

using namespace tapescript;

std::size_t number_at(std::string_view code, std::size_t at, std::size_t size) {
    std::size_t number = 0;
    for (std::size_t i = at; i < at + size && i < code.size(); ++i) {
        number = number << 8 | static_cast<unsigned char>(code[i]);
    }
    return number;
}

// How many bytes follow the operation's own.
std::size_t operand_size(std::uint8_t opcode, std::string_view code) {
    constexpr std::size_t root_size = 32;
    switch (opcode_info(opcode).operands) {
        case Operands::none: return 0;
        case Operands::byte: return 1;
        case Operands::two_bytes: return 2;
        case Operands::three_bytes: return 3;
        case Operands::float32: return sizeof(float);
        case Operands::root: return root_size;
        case Operands::sized: return 1 + number_at(code, 1, 1);
        case Operands::cache_slot: return 2 + number_at(code, 1, 1);
        case Operands::sized2:
        case Operands::block: return 2 + number_at(code, 1, 2);
        case Operands::definition: return 3 + number_at(code, 2, 2);
        case Operands::two_blocks: {
            const std::size_t first = 2 + number_at(code, 1, 2);
            return first + 2 + number_at(code, 1 + first, 2);
        }
    }
    return 0;
}

RunResult first_state(RunOptions& options) {
    RunResult state = run_script("", options);
    options.cache = {};
    return state;
}

}  // namespace

ReplSession::ReplSession(RunOptions options)
    : options_(std::move(options)),
      compiler_(CompileOptions{.run = options_}),
      state_(first_state(options_)) {}

const RunResult& ReplSession::run(std::string_view source) {
    auto script = compiler_.compile(source);
    if (!script) {
        state_.error = tapescript::Error{script.error().type, script.error().message()};
        return state_;
    }
    const std::vector<std::string> items = state_.stack.items();
    const std::vector<std::string_view> stack(items.begin(), items.end());
    RunOptions options = options_;
    options.stack = stack;
    options.cache = std::move(state_.cache);
    options.flags = std::move(state_.flags);
    state_ = run_script(definitions_ + script->code, options);
    keep_definitions(script->code);
    return state_;
}

void ReplSession::keep_definitions(std::string_view code) {
    while (!code.empty()) {
        const auto opcode = static_cast<std::uint8_t>(code.front());
        const std::size_t size = std::min(code.size(), 1 + operand_size(opcode, code));
        if (static_cast<Op>(opcode) == Op::def) definitions_ += code.substr(0, size);
        code.remove_prefix(size);
    }
}

}  // namespace netaio::app

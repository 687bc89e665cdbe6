#include <netaio/tapescript/opcodes.hpp>

#include "operand.hpp"
#include "parser.hpp"

namespace netaio::tapescript::compiler {
namespace {

char byte_of(Op op) noexcept {
    return static_cast<char>(op);
}

// A key, the shortest unsigned form of a number when it is one.
std::string key_bytes(const Symbol& key) {
    switch (prefix_of(key, "dxs")) {
        case 'd': {
            std::string bytes = to_bytes(whole_number(key, Form::digits));
            if (bytes.size() > 1) bytes.erase(0, bytes.find_first_not_of('\0'));
            return bytes;
        }
        case 'x': return hex_bytes(key);
        default: return text_bytes(key);
    }
}

// One byte: two hexadecimal digits, or a number from 0 to 255.
char number_byte(const Symbol& number) {
    if (prefix_of(number, "dx") == 'x') {
        constexpr std::size_t prefix_and_digits = 3;
        if (number.text.size() != prefix_and_digits) value_fault(number, "two hexadecimal digits");
        return hex_bytes(number).front();
    }
    const Integer value = whole_number(number, Form::digits);
    constexpr unsigned largest = 255;
    if (value > largest) syntax_fault(number, "a number from 0 to 255");
    return static_cast<char>(static_cast<unsigned char>(value));
}

}  // namespace

// The shortest operation that pushes the value.
void Parser::push_value(std::string& code) {
    const Symbol& value = next();
    std::string bytes;
    switch (prefix_of(value, "dxs")) {
        case 'd': bytes = to_bytes(whole_number(value, Form::negatable)); break;
        case 'x': bytes = hex_bytes(value); break;
        default: bytes = text_bytes(value); break;
    }
    constexpr std::size_t push1_max = 255;
    if (bytes.empty()) value_fault(value, "at least one byte to push");
    if (bytes.size() == 1) {
        code += byte_of(Op::push0) + bytes;
    } else if (bytes.size() <= push1_max) {
        code += byte_of(Op::push1) + sized(1, bytes, value);
    } else {
        code += byte_of(Op::push2) + sized(2, bytes, value);
    }
}

std::string Parser::operands(std::uint8_t opcode) {
    const OpcodeInfo& info = opcode_info(opcode);
    switch (info.operands) {
        case Operands::byte: {
            const Environment* environment = assembler_.environment();
            return byte_operand(info.is_nop && environment &&
                                environment->soft_forks.contains(opcode));
        }
        case Operands::two_bytes: return number_operands(2);
        case Operands::three_bytes: return number_operands(3);
        case Operands::float32: return float_operand();
        case Operands::root: return root_operand();
        case Operands::sized:
            if (static_cast<Op>(opcode) == Op::push1) skip_size_operand();
            return sized_operand();
        case Operands::sized2: return sized2_operand();
        case Operands::cache_slot: return cache_slot();
        case Operands::none:
        case Operands::definition:
        case Operands::block:
        case Operands::two_blocks: return "";
    }
    return "";
}

// A signed byte; for soft forks, any byte by its number.
std::string Parser::byte_operand(bool any_byte) {
    const Symbol& value = next();
    if (any_byte) return std::string(1, number_byte(value));
    if (prefix_of(value, "dx") == 'd') {
        std::string bytes = to_bytes(whole_number(value, Form::sign));
        if (bytes.size() != 1) value_fault(value, "a number from -128 to 127");
        return bytes;
    }
    constexpr std::size_t prefix_and_digits = 3;
    if (value.text.size() > prefix_and_digits) value_fault(value, "two hexadecimal digits");
    const std::string bytes = hex_bytes(value);
    return bytes.empty() ? std::string(1, '\0') : bytes;
}

std::string Parser::number_operands(std::size_t count) {
    std::string bytes;
    // At the very end, some may be missing.
    for (; count > 0 && next_ < symbols_.size(); --count) bytes += number_byte(next());
    return bytes;
}

std::string Parser::float_operand() {
    const Symbol& value = next();
    if (prefix_of(value, "fx") == 'f') return float_bytes(value, true);
    constexpr std::size_t prefix_and_digits = 9;
    if (value.text.size() != prefix_and_digits) value_fault(value, "eight hexadecimal digits");
    return hex_bytes(value);
}

std::string Parser::root_operand() {
    const Symbol& value = next();
    prefix_of(value, "x");
    constexpr std::size_t prefix_and_digits = 65;
    if (value.text.size() != prefix_and_digits) syntax_fault(value, "64 hexadecimal digits");
    return hex_bytes(value);
}

// OP_PUSH1 and OP_PUSH2 may be given a size first, which means nothing: it is there when what comes
// second is no statement. Something has to come second in any case.
void Parser::skip_size_operand() {
    const Symbol& second = peek(1);
    if (next_ + 1 >= symbols_.size()) syntax_fault(second, "a value, or another statement");
    if (!is_statement(second)) next();
}

bool Parser::is_statement(const Symbol& symbol) const {
    for (const std::string_view word : {"END_IF", "END_DEF", "ELSE", "(", ")", "{", "}"}) {
        if (symbol.text == word) return true;
    }
    return symbol.text.starts_with("OP_") || find(symbol.text);
}

std::string Parser::sized_operand() {
    const Symbol& value = next();
    switch (prefix_of(value, "dfxs")) {
        case 'd': return sized(1, to_bytes(whole_number(value, Form::truncated)), value);
        case 'f': return sized(1, float_bytes(value, false), value);
        case 'x': return sized(1, hex_bytes(value), value);
        default: return sized(1, text_bytes(value), value);
    }
}

std::string Parser::sized2_operand() {
    skip_size_operand();
    const Symbol& value = next();
    switch (prefix_of(value, "dxs")) {
        case 'd': return sized(2, to_bytes(whole_number(value, Form::sign)), value);
        case 'x': return sized(2, hex_bytes(value), value);
        default: return sized(2, text_bytes(value), value);
    }
}

std::string Parser::cache_slot() {
    const Symbol& key = next();
    std::string bytes = sized(1, key_bytes(key), key);
    const Symbol& count = next();
    const bool decimal = prefix_of(count, "dx") == 'd';
    const Integer number =
        decimal ? whole_number(count, Form::digits) : to_unsigned(hex_bytes(count));
    constexpr unsigned largest = 255;
    if (number > largest) syntax_fault(count, "a number from 0 to 255");
    bytes += static_cast<char>(static_cast<unsigned char>(number));
    return bytes;
}

}  // namespace netaio::tapescript::compiler

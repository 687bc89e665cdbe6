#include <netaio/tapescript/opcodes.hpp>

#include "operand.hpp"
#include "parser.hpp"

namespace netaio::tapescript::compiler {
namespace {

std::uint8_t handle_of(const Symbol& handle) {
    if (is_digits(handle.text)) return small_number(handle, 0);
    if (handle.text.starts_with('d')) return small_number(handle, 1);
    if (!handle.text.starts_with('x')) syntax_fault(handle, "the number of the definition");
    const std::string bytes = hex_bytes(handle);
    if (bytes.size() != 1) value_fault(handle, "two hexadecimal digits");
    return static_cast<std::uint8_t>(bytes.front());
}

}  // namespace

// Whether the block that begins here is one in braces; otherwise it ends with a word. That an end
// is somewhere further on is asked for at once.
bool Parser::opens_block(std::string_view closing_word) {
    const Symbol& start = peek();
    const bool braces = start.text == "{";
    const std::string_view wanted = braces ? "}" : closing_word;
    if (!has_later(wanted)) {
        syntax_fault(start, braces ? "a closing } further on"
                                   : "{, or " + std::string(closing_word) + " further on");
    }
    if (braces) next();
    return braces;
}

std::string Parser::block_size(const Symbol& start, const std::string& body) const {
    constexpr std::size_t largest = 65535;
    if (body.size() > largest) value_fault(start, "at most 65535 bytes of code in a block");
    return {static_cast<char>(body.size() >> 8), static_cast<char>(body.size())};
}

void Parser::definition(std::string& code) {
    const Symbol& start = peek();
    const Assembler::Level level(assembler_, start);
    const std::size_t first = next_;
    next();
    const std::uint8_t handle = handle_of(next());
    const Symbol& open = peek();
    std::size_t last = next_;
    if (open.text == "{") {
        last = closing(symbols_, first, "{", "}");
        next();
    } else {
        while (last < symbols_.size() && symbols_[last].text != "END_DEF") ++last;
        if (last >= symbols_.size()) syntax_fault(open, "{, or END_DEF further on");
    }
    std::string body;
    definition_body(last, body);
    code += static_cast<char>(Op::def);
    code += static_cast<char>(handle);
    code += block_size(start, body) + body;
    next_ = last + 1;
}

// Reads statements up to the symbol at `last`, which ends the definition.
void Parser::definition_body(std::size_t last, std::string& body) {
    while (next_ <= last) {
        const Symbol& symbol = peek();
        if (symbol.text == "}" || symbol.text == "END_DEF") {
            if (next_ == last) return;
            syntax_fault(symbol, "the " + symbols_[last].text + " that ends the definition");
        }
        const auto opcode = find(symbol.text);
        if (opcode == static_cast<std::uint8_t>(Op::def)) {
            syntax_fault(symbol, "no definition within a definition");
        }
        // Among the statements of a definition, short names go without their prefix.
        const bool prefixed_alias = opcode && symbol.text.starts_with("OP_") &&
                                    opcode_info(*opcode).name != symbol.text &&
                                    !opcode_info(*opcode).is_nop;
        if (prefixed_alias) syntax_fault(symbol, "it without OP_ in a definition");
        statement(body);
    }
}

void Parser::if_statement(std::string& code) {
    const Symbol& start = next();
    const Assembler::Level level(assembler_, start);
    if (peek().text == "(") {
        const std::size_t end = closing(symbols_, next_, "(", ")");
        const Symbols condition = symbols_.subspan(next_ + 1, end - next_ - 1);
        code += assembler_.assemble(condition, symbols_[end], macros_);
        next_ = end + 1;
    }
    opens_block("END_IF");
    std::string body;
    std::string otherwise;
    while (next_ < symbols_.size()) {
        const std::string_view text = peek().text;
        if (text == "ELSE") {
            otherwise = else_clause();
            break;
        }
        if (text == "END_IF" || text == "}") {
            next();
            if (text == "}" && peek().text == "ELSE") continue;
            break;
        }
        statement(body);
    }
    code += static_cast<char>(otherwise.empty() ? Op::if_ : Op::if_else);
    code += block_size(start, body) + body + otherwise;
}

// The size and code of what follows ELSE.
std::string Parser::else_clause() {
    const Symbol& start = next();
    opens_block("END_IF");
    std::string body;
    while (next_ < symbols_.size()) {
        const std::string_view text = peek().text;
        if (text == "}" || text == "END_IF") {
            next();
            break;
        }
        statement(body);
    }
    return block_size(start, body) + body;
}

void Parser::try_statement(std::string& code) {
    const Symbol& start = next();
    const Assembler::Level level(assembler_, start);
    opens_block(has_later("EXCEPT") ? "EXCEPT" : "END_TRY");
    std::string body;
    std::string except(2, '\0');
    while (next_ < symbols_.size()) {
        const std::string_view text = peek().text;
        if (text == "EXCEPT") {
            except = except_clause();
            break;
        }
        if (text == "}" || text == "END_TRY") {
            next();
            if (peek().text == "EXCEPT") continue;
            break;
        }
        statement(body);
    }
    code += static_cast<char>(Op::try_except);
    code += block_size(start, body) + body + except;
}

// The size and code of what follows EXCEPT.
std::string Parser::except_clause() {
    const Symbol& start = next();
    opens_block("END_EXCEPT");
    std::string body;
    while (next_ < symbols_.size()) {
        const std::string_view text = peek().text;
        if (text == "EXCEPT") syntax_fault(peek(), "only one EXCEPT after TRY");
        if (text == "}" || text == "END_EXCEPT") {
            next();
            break;
        }
        statement(body);
    }
    return block_size(start, body) + body;
}

void Parser::loop(std::string& code) {
    const Symbol& start = next();
    const Assembler::Level level(assembler_, start);
    opens_block("END_LOOP");
    std::string body;
    while (next_ < symbols_.size()) {
        const std::string_view text = peek().text;
        if (text == "}" || text == "END_LOOP") {
            next();
            break;
        }
        statement(body);
    }
    code += static_cast<char>(Op::loop);
    code += block_size(start, body) + body;
}

}  // namespace netaio::tapescript::compiler

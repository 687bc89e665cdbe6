#include "parser.hpp"

#include <netaio/tapescript/opcodes.hpp>

namespace netaio::tapescript::compiler {
namespace {

constexpr std::string_view block_ends[] = {"}",      "END_IF",     "END_LOOP", "END_TRY",
                                           "EXCEPT", "END_EXCEPT", "END_DEF"};

bool is_comment_mark(std::string_view text) noexcept {
    return text == "#" || text == "\"" || text == "'";
}

}  // namespace

Parser::Parser(Assembler& assembler, Symbols symbols, const Symbol& end, Macros& macros)
    : assembler_(assembler), symbols_(symbols), end_(end), macros_(macros) {
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        for (const std::string_view word : block_ends) {
            if (symbols[i].text == word) last_[word] = i;
        }
    }
}

std::string Parser::statements() {
    std::string code;
    while (next_ < symbols_.size()) statement(code);
    return code;
}

void Parser::statement(std::string& code) {
    const Symbol& symbol = peek();
    const std::string_view text = symbol.text;
    if (is_comment_mark(text)) return skip_comment();
    if (text == "@=") return set_variable(code);
    if (text.starts_with("@#") && is_name(text.substr(2))) {
        return variable(static_cast<std::uint8_t>(Op::read_cache_size), text.substr(2), code);
    }
    if (text.starts_with('@') && is_name(text.substr(1))) {
        return variable(static_cast<std::uint8_t>(Op::read_cache), text.substr(1), code);
    }
    if (text.starts_with('!') && is_name(text.substr(1))) return call_macro(code);
    if (text == "PUSH" || text == "OP_PUSH") {
        next();
        return push_value(code);
    }
    if (text == "TRY" || text == "OP_TRY") return try_statement(code);
    const auto opcode = find(text);
    if (!opcode) syntax_fault(symbol, "an operation, a macro call or a variable");
    operation(*opcode, code);
}

void Parser::operation(std::uint8_t opcode, std::string& code) {
    switch (static_cast<Op>(opcode)) {
        case Op::def: return definition(code);
        case Op::if_: return if_statement(code);
        case Op::loop: return loop(code);
        case Op::if_else: value_fault(peek(), "IF, which takes an ELSE");
        case Op::try_except: value_fault(peek(), "TRY, which takes an EXCEPT");
        default: break;
    }
    next();
    code += static_cast<char>(opcode);
    code += operands(opcode);
}

void Parser::skip_comment() {
    const Symbol& mark = next();
    while (next_ < symbols_.size()) {
        if (next().text == mark.text) return;
    }
    syntax_fault(mark, "a closing " + mark.text + " further on");
}

const Symbol& Parser::peek(std::size_t ahead) const noexcept {
    return next_ + ahead < symbols_.size() ? symbols_[next_ + ahead] : end_;
}

const Symbol& Parser::next() noexcept {
    const Symbol& symbol = peek();
    ++next_;
    return symbol;
}

bool Parser::has_later(std::string_view text) const {
    const auto last = last_.find(text);
    return last != last_.end() && last->second >= next_;
}

std::optional<std::uint8_t> Parser::find(std::string_view name) const {
    if (const Environment* environment = assembler_.environment()) {
        for (const auto& [code, fork] : environment->soft_forks) {
            if (fork.name == name || fork.name == "OP_" + std::string(name)) return code;
            for (const std::string& alias : fork.aliases) {
                if (alias == name) return code;
            }
        }
    }
    return find_opcode(name);
}

}  // namespace netaio::tapescript::compiler

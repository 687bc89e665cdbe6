#include <netaio/tapescript/opcodes.hpp>

#include "operand.hpp"
#include "parser.hpp"

namespace netaio::tapescript::compiler {

// The body with the arguments put in is compiled by itself, with no macros but its own.
void Parser::call_macro(std::string& code) {
    const Symbol& call = next();
    const auto found = macros_.find(lower(std::string_view(call.text).substr(1)));
    if (found == macros_.end()) syntax_fault(call, "a macro that is defined");
    const Macro& macro = found->second;
    if (peek().text != "[") syntax_fault(peek(), "[ and the arguments");
    const std::size_t arguments_end = closing(symbols_, next_, "[", "]");
    const Symbols arguments = symbols_.subspan(next_ + 1, arguments_end - next_ - 1);
    if (arguments.size() != macro.parameters.size()) {
        syntax_fault(call, std::to_string(macro.parameters.size()) + " arguments for it");
    }
    std::map<std::string_view, const Symbol*> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        values[macro.parameters[i]] = &arguments[i];
    }
    std::vector<Symbol> body = macro.body;
    for (Symbol& symbol : body) {
        if (const auto value = values.find(symbol.text); value != values.end()) {
            symbol = *value->second;
        }
    }
    const Assembler::Level level(assembler_, call);
    Macros own;
    code += assembler_.assemble(body, symbols_[arguments_end], own);
    next_ = arguments_end + 1;
}

void Parser::set_variable(std::string& code) {
    next();
    const Symbol& name = next();
    if (!is_name(name.text)) syntax_fault(name, "a variable name of letters and digits");
    const Symbol& values = peek();
    std::size_t count = 0;
    if (is_digits(values.text)) {
        count = small_number(next(), 0);
    } else if (values.text == "[") {
        const std::size_t values_end = closing(symbols_, next_, "[", "]");
        count = values_end - next_ - 1;
        next();
        while (next_ < values_end) push_value(code);
        next_ = values_end + 1;
    } else {
        syntax_fault(values, "[ and values, or a number of items");
    }
    constexpr std::size_t largest = 255;
    if (count > largest) syntax_fault(values, "at most 255 values");
    code += static_cast<char>(Op::write_cache);
    code += sized(1, name.text, name);
    code += static_cast<char>(count);
}

void Parser::variable(std::uint8_t opcode, std::string_view name, std::string& code) {
    code += static_cast<char>(opcode);
    code += sized(1, name, next());
}

}  // namespace netaio::tapescript::compiler

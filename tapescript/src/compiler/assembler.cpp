#include "assembler.hpp"

#include <netaio/tapescript/bytes.hpp>
#include <utility>

#include "parser.hpp"

namespace netaio::tapescript::compiler {
namespace {

const Symbol& at(Symbols symbols, std::size_t index, const Symbol& end) {
    return index < symbols.size() ? symbols[index] : end;
}

// Defines the macro whose `!=` stands at `start`; returns the index behind it.
std::size_t define_macro(Symbols symbols, std::size_t start, const Symbol& end, Macros& macros) {
    const Symbol& name = at(symbols, start + 1, end);
    if (!is_name(name.text)) syntax_fault(name, "a macro name of letters and digits");
    if (const Symbol& open = at(symbols, start + 2, end); open.text != "[") {
        syntax_fault(open, "[ and the names of the macro's arguments");
    }
    Macro macro;
    const std::size_t arguments_end = closing(symbols, start, "[", "]");
    for (const Symbol& parameter : symbols.subspan(start + 3, arguments_end - start - 3)) {
        if (!is_name(parameter.text)) syntax_fault(parameter, "a name of letters and digits");
        macro.parameters.push_back(parameter.text);
    }
    const std::size_t body = arguments_end + 1;
    if (const Symbol& open = at(symbols, body, end); open.text != "{") {
        syntax_fault(open, "{ and the macro's statements");
    }
    const std::size_t body_end = closing(symbols, start, "{", "}");
    const Symbols statements = symbols.subspan(body + 1, body_end - body - 1);
    macro.body.assign(statements.begin(), statements.end());
    macros.insert_or_assign(lower(name.text), std::move(macro));
    return body_end + 1;
}

Budget rest_of(const Budget& budget, const Budget& used) {
    const auto rest = [](std::uint64_t all, std::uint64_t part) {
        return part < all ? all - part : 0;
    };
    return {rest(budget.operations, used.operations), rest(budget.bytes, used.bytes),
            rest(budget.work, used.work)};
}

}  // namespace

std::size_t closing(Symbols symbols, std::size_t from, std::string_view open,
                    std::string_view close) {
    std::size_t opened = 0;
    for (std::size_t i = from; i < symbols.size(); ++i) {
        if (symbols[i].text == open) ++opened;
        if (symbols[i].text == close && opened-- <= 1) return i;
    }
    syntax_fault(symbols[from], "a closing " + std::string(close) + " further on");
}

Assembler::Level::Level(Assembler& assembler, const Symbol& symbol) : assembler_(assembler) {
    const std::size_t most = assembler.options_.depth;
    if (assembler.level_ >= most) {
        value_fault(symbol, "at most " + std::to_string(most) + " blocks inside each other");
    }
    ++assembler.level_;
}

std::string Assembler::assemble(Symbols symbols, const Symbol& end, Macros& macros) {
    charge(symbols);
    const std::vector<Symbol> prepared = run_compile_time(symbols, end, macros);
    return Parser(*this, prepared, end, macros).statements();
}

// Takes macro definitions out, and puts values in the place of compile-time blocks.
std::vector<Symbol> Assembler::run_compile_time(Symbols symbols, const Symbol& end,
                                                Macros& macros) {
    std::vector<Symbol> prepared;
    for (std::size_t i = 0; i < symbols.size();) {
        const Symbol& symbol = symbols[i];
        if (symbol.text == "!=") {
            i = define_macro(symbols, i, end, macros);
            continue;
        }
        if (symbol.text != "~" && symbol.text != "~!") {
            prepared.push_back(symbol);
            ++i;
            continue;
        }
        if (const Symbol& open = at(symbols, i + 1, end); open.text != "{") {
            syntax_fault(open, "{ after " + symbol.text);
        }
        const Level level(*this, symbol);
        const std::size_t block_end = closing(symbols, i, "{", "}");
        std::string value =
            assemble(symbols.subspan(i + 2, block_end - i - 2), symbols[block_end], macros);
        bool there = true;
        if (symbol.text == "~!") {
            value = compile_time_value(symbol, value);
            there = !value.empty();
        } else {
            value = 'x' + to_hex(value);
        }
        if (there)
            prepared.push_back({std::move(value), symbol.written, symbol.line, symbol.column});
        i = block_end + 1;
    }
    return prepared;
}

// What is on top of the stack when the code has run, as a symbol; empty when nothing is.
std::string Assembler::compile_time_value(const Symbol& mark, const std::string& code) {
    RunOptions options = options_.run;
    options.budget = budget_;
    const RunResult result = run_script(code, options);
    budget_ = rest_of(budget_, result.used);
    if (result.error) {
        throw Fault{{result.error->type, mark.line, mark.column,
                     "a compile-time block that fails: " + result.error->text,
                     "one that runs to its end"}};
    }
    if (result.stack.empty()) return "";
    return 'x' + to_hex(result.stack.peek());
}

void Assembler::charge(Symbols symbols) {
    for (const Symbol& symbol : symbols) {
        const std::size_t size = symbol.text.size() + 1;
        if (size > source_left_) {
            value_fault(symbol, "at most " + std::to_string(options_.max_source) +
                                    " bytes of source, those of macros counted for each call");
        }
        source_left_ -= size;
    }
}

}  // namespace netaio::tapescript::compiler

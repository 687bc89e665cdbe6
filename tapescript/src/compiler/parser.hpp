#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "assembler.hpp"
#include "symbol.hpp"

namespace netaio::tapescript::compiler {

/// Reads statements from symbols without macro definitions and compile-time blocks, and writes
/// their code. Used once.
class Parser {
public:
    Parser(Assembler& assembler, Symbols symbols, const Symbol& end, Macros& macros);

    /// The code of all of them.
    std::string statements();

private:
    void statement(std::string& code);
    void operation(std::uint8_t opcode, std::string& code);
    void skip_comment();

    // Blocks (blocks.cpp).
    void definition(std::string& code);
    void definition_body(std::size_t last, std::string& body);
    void if_statement(std::string& code);
    std::string else_clause();
    void try_statement(std::string& code);
    std::string except_clause();
    void loop(std::string& code);
    bool opens_block(std::string_view closing_word);
    std::string block_size(const Symbol& start, const std::string& body) const;

    // Macros and variables (sugar.cpp).
    void call_macro(std::string& code);
    void set_variable(std::string& code);
    void variable(std::uint8_t opcode, std::string_view name, std::string& code);

    // Operands, read from after the operation's name (operations.cpp).
    void push_value(std::string& code);
    std::string operands(std::uint8_t opcode);
    std::string byte_operand(bool any_byte);
    std::string sized_operand();
    std::string sized2_operand();
    std::string float_operand();
    std::string number_operands(std::size_t count);
    std::string root_operand();
    std::string cache_slot();
    void skip_size_operand();
    bool is_statement(const Symbol& symbol) const;

    /// The symbol so many after the next one, or what stands for the end.
    const Symbol& peek(std::size_t ahead = 0) const noexcept;
    const Symbol& next() noexcept;
    bool has_later(std::string_view text) const;
    std::optional<std::uint8_t> find(std::string_view name) const;

    Assembler& assembler_;
    Symbols symbols_;
    const Symbol& end_;
    Macros& macros_;
    std::size_t next_ = 0;
    std::map<std::string_view, std::size_t> last_;  // of the words that end blocks
};

}  // namespace netaio::tapescript::compiler

#pragma once

#include <cstdint>
#include <initializer_list>
#include <netaio/tapescript/opcodes.hpp>
#include <netaio/tapescript/script.hpp>
#include <string>
#include <string_view>

namespace netaio::tapescript::tools {

/// Writes byte code, one instruction after the other. Throws std::invalid_argument for what has no
/// byte code: empty pushes and pushes or blocks above 65535 bytes.
class Assembler {
public:
    /// An instruction with its operands of one byte each.
    Assembler& op(Op op, std::initializer_list<std::uint8_t> operands = {});
    /// Code as it is.
    Assembler& code(std::string_view code);

    Assembler& push(std::string_view bytes);
    /// Pushes a signed whole number.
    Assembler& push_int(std::int64_t number);
    Assembler& push_bool(bool value) { return op(value ? Op::true_ : Op::false_); }

    /// Takes `count` items from the stack into the cache, or puts them back.
    Assembler& store(std::string_view key, std::uint8_t count = 1);
    Assembler& load(std::string_view key);

    Assembler& if_else(const Assembler& then, const Assembler& otherwise);
    Assembler& define(std::uint8_t handle, const Assembler& body);

    /// What was written so far.
    const std::string& code() const noexcept { return code_; }
    Script script() const { return Script{{}, code_}; }

private:
    Assembler& block(std::string_view code);

    std::string code_;
};

}  // namespace netaio::tapescript::tools

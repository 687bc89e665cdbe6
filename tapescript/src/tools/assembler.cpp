#include "assembler.hpp"

#include <netaio/tapescript/value.hpp>
#include <stdexcept>

namespace netaio::tapescript::tools {
namespace {

constexpr std::size_t u8_max = 0xff;
constexpr std::size_t u16_max = 0xffff;

void put_u16(std::string& out, std::size_t number) {
    out += static_cast<char>(number >> 8);
    out += static_cast<char>(number);
}

}  // namespace

Assembler& Assembler::op(Op op, std::initializer_list<std::uint8_t> operands) {
    code_ += static_cast<char>(op);
    for (const std::uint8_t operand : operands) {
        code_ += static_cast<char>(operand);
    }
    return *this;
}

Assembler& Assembler::code(std::string_view code) {
    code_ += code;
    return *this;
}

Assembler& Assembler::push(std::string_view bytes) {
    if (bytes.empty()) throw std::invalid_argument("tapescript cannot push an empty value");
    if (bytes.size() > u16_max) {
        throw std::invalid_argument("tapescript pushes at most 65535 bytes at once");
    }
    if (bytes.size() == 1) {
        op(Op::push0);
    } else if (bytes.size() <= u8_max) {
        op(Op::push1, {static_cast<std::uint8_t>(bytes.size())});
    } else {
        op(Op::push2);
        put_u16(code_, bytes.size());
    }
    return code(bytes);
}

Assembler& Assembler::push_int(std::int64_t number) {
    return push(to_bytes(Integer(number)));
}

Assembler& Assembler::store(std::string_view key, std::uint8_t count) {
    op(Op::write_cache, {static_cast<std::uint8_t>(key.size())}).code(key);
    code_ += static_cast<char>(count);
    return *this;
}

Assembler& Assembler::load(std::string_view key) {
    return op(Op::read_cache, {static_cast<std::uint8_t>(key.size())}).code(key);
}

Assembler& Assembler::if_else(const Assembler& then, const Assembler& otherwise) {
    return op(Op::if_else).block(then.code_).block(otherwise.code_);
}

Assembler& Assembler::define(std::uint8_t handle, const Assembler& body) {
    return op(Op::def, {handle}).block(body.code_);
}

Assembler& Assembler::block(std::string_view code) {
    if (code.size() > u16_max) {
        throw std::invalid_argument("a block of tapescript is at most 65535 bytes");
    }
    put_u16(code_, code.size());
    return this->code(code);
}

}  // namespace netaio::tapescript::tools

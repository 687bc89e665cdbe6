#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace netaio::tapescript {

/// The operations of the language by byte code: OP_CHECK_SIG is Op::check_sig. Names that are C++
/// keywords end in an underscore. Every code above taproot is a NOP, free for soft forks.
enum class Op : std::uint8_t {
    false_ = 0,
    true_,
    push0,
    push1,
    push2,
    get_message,
    pop0,
    pop1,
    size,
    write_cache,
    read_cache,
    read_cache_size,
    read_cache_stack,
    read_cache_stack_size,
    add_ints,
    subtract_ints,
    mult_ints,
    div_int,
    div_ints,
    mod_int,
    mod_ints,
    add_floats,
    subtract_floats,
    div_float,
    div_floats,
    mod_float,
    mod_floats,
    add_points,
    copy,
    dup,
    sha256,
    shake256,
    verify,
    equal,
    equal_verify,
    check_sig,
    check_sig_verify,
    check_timestamp,
    check_timestamp_verify,
    check_epoch,
    check_epoch_verify,
    def,
    call,
    if_,
    if_else,
    eval,
    not_,
    random,
    return_,
    set_flag,
    unset_flag,
    depth,
    swap,
    swap2,
    reverse,
    concat,
    split,
    concat_str,
    split_str,
    check_transfer,
    merkleval,
    try_except,
    less,
    less_or_equal,
    get_value,
    float_less,
    float_less_or_equal,
    int_to_float,
    float_to_int,
    loop,
    check_multisig,
    check_multisig_verify,
    sign,
    sign_stack,
    check_sig_stack,
    derive_scalar,
    clamp_scalar,
    add_scalars,
    subtract_scalars,
    derive_point,
    subtract_points,
    make_adapter_sig_public,
    make_adapter_sig_private,
    check_adapter_sig,
    decrypt_adapter_sig,
    invoke,
    xor_,
    or_,
    and_,
    check_template,
    check_template_verify,
    taproot,
};

/// How many operations there are; codes from here on are NOPs.
inline constexpr std::size_t op_count = static_cast<std::size_t>(Op::taproot) + 1;

/// What follows an operation's byte in the code. Lengths are unsigned and big-endian.
enum class Operands : std::uint8_t {
    none,
    byte,         ///< one byte
    two_bytes,    ///< two bytes, each a number
    three_bytes,  ///< three bytes, each a number
    float32,      ///< four bytes
    root,         ///< 32 bytes
    sized,        ///< a length of one byte, and so many bytes
    sized2,       ///< a length of two bytes, and so many bytes
    cache_slot,   ///< a length of one byte, so many bytes as key, and a count of one byte
    definition,   ///< a handle of one byte, a length of two bytes, and so many bytes of code
    block,        ///< a length of two bytes, and so many bytes of code
    two_blocks,   ///< the same twice
};

/// What there is to know about an operation without running it.
struct OpcodeInfo {
    /// With its prefix: "OP_CHECK_SIG", or "NOP200".
    std::string_view name;
    Operands operands;
    /// Whether it only takes items from the stack, and may be given a meaning by a soft fork.
    bool is_nop = false;
};

/// The operation, or NOP, that a byte stands for.
const OpcodeInfo& opcode_info(std::uint8_t code) noexcept;
inline const OpcodeInfo& opcode_info(Op op) noexcept {
    return opcode_info(static_cast<std::uint8_t>(op));
}

/// The code of a name or alias in upper case, NOPs among them: "OP_CHECK_SIG", "CHECK_SIG", "CS",
/// "OP_CS", "NOP200".
std::optional<std::uint8_t> find_opcode(std::string_view name);

/// Another name for an operation.
struct OpcodeAlias {
    std::string_view alias;
    Op op;
};

/// All aliases except the names themselves without their prefix; with and without prefix.
std::span<const OpcodeAlias> opcode_aliases() noexcept;

}  // namespace netaio::tapescript

#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace netaio::tapescript::machine {

class Machine;

/// Does one operation, the byte of which has been read. False when it failed, with the error kept
/// in the machine.
using Operation = bool(Machine&);

/// By byte code.
extern const std::array<Operation*, 256> operations;

/// Whether any bit is set.
inline bool truth_of(std::string_view bytes) noexcept {
    return std::ranges::any_of(bytes, [](char byte) { return byte != 0; });
}

// stack_operations.cpp
Operation push_false, push_true, push0, push1, push2, size, copy, dup, depth, swap, swap2, reverse,
    random_bytes, nop;
// cache_operations.cpp
Operation pop0, pop1, write_cache, read_cache, read_cache_size, read_cache_stack,
    read_cache_stack_size, get_value;
// integer_operations.cpp
Operation add_ints, subtract_ints, mult_ints, div_int, div_ints, mod_int, mod_ints, less,
    less_or_equal, int_to_float, float_to_int;
// float_operations.cpp
Operation add_floats, subtract_floats, div_float, div_floats, mod_float, mod_floats, float_less,
    float_less_or_equal;
// byte_operations.cpp
Operation sha256, shake256, verify, equal, equal_verify, bitwise_not, bitwise_xor, bitwise_or,
    bitwise_and, concat, split, concat_str, split_str;
// time_operations.cpp
Operation check_timestamp, check_timestamp_verify, check_epoch, check_epoch_verify;
// curve_operations.cpp
Operation add_points, subtract_points, derive_point, derive_scalar, clamp_scalar, add_scalars,
    subtract_scalars, make_adapter_sig_public, make_adapter_sig_private, check_adapter_sig,
    decrypt_adapter_sig;
// signature_operations.cpp
Operation get_message, check_sig, check_sig_verify, check_multisig, check_multisig_verify, sign,
    sign_stack, check_sig_stack, check_template, check_template_verify, taproot;
// flow_operations.cpp
Operation def, call, if_block, if_else, eval, return_now, set_flag, unset_flag, merkleval,
    try_except, loop;
// contract_operations.cpp
Operation check_transfer, invoke;

}  // namespace netaio::tapescript::machine

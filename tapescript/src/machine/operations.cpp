#include "operations.hpp"

#include <algorithm>
#include <netaio/tapescript/opcodes.hpp>

namespace netaio::tapescript::machine {
namespace {

constexpr std::array<Operation*, op_count> own{
    push_false,
    push_true,
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
    if_block,
    if_else,
    eval,
    bitwise_not,
    random_bytes,
    return_now,
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
    bitwise_xor,
    bitwise_or,
    bitwise_and,
    check_template,
    check_template_verify,
    taproot,
};

constexpr std::array<Operation*, 256> with_nops() {
    std::array<Operation*, 256> all{};
    all.fill(nop);
    std::ranges::copy(own, all.begin());
    return all;
}

}  // namespace

constinit const std::array<Operation*, 256> operations = with_nops();

bool truth_of(std::string_view bytes) noexcept {
    return std::ranges::any_of(bytes, [](char byte) { return byte != 0; });
}

}  // namespace netaio::tapescript::machine

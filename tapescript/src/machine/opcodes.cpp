#include <algorithm>
#include <array>
#include <map>
#include <netaio/tapescript/opcodes.hpp>
#include <string>

#include "operations.hpp"

namespace netaio::tapescript {
namespace machine {
namespace {

using enum Operands;

struct Opcode {
    Op op;
    OpcodeInfo info;
    Operation* run;
    std::string_view alias = {};
};

// All there is to say of each operation but what it does, by byte code.
constexpr auto opcodes = std::to_array<Opcode>({
    {Op::false_, {"OP_FALSE", none}, push_false},
    {Op::true_, {"OP_TRUE", none}, push_true},
    {Op::push0, {"OP_PUSH0", byte}, push0},
    {Op::push1, {"OP_PUSH1", sized}, push1},
    {Op::push2, {"OP_PUSH2", sized2}, push2},
    {Op::get_message, {"OP_GET_MESSAGE", byte}, get_message, "OP_MSG"},
    {Op::pop0, {"OP_POP0", none}, pop0},
    {Op::pop1, {"OP_POP1", byte}, pop1},
    {Op::size, {"OP_SIZE", none}, size},
    {Op::write_cache, {"OP_WRITE_CACHE", cache_slot}, write_cache},
    {Op::read_cache, {"OP_READ_CACHE", sized}, read_cache},
    {Op::read_cache_size, {"OP_READ_CACHE_SIZE", sized}, read_cache_size, "OP_RCZ"},
    {Op::read_cache_stack, {"OP_READ_CACHE_STACK", none}, read_cache_stack, "OP_RCS"},
    {Op::read_cache_stack_size,
     {"OP_READ_CACHE_STACK_SIZE", none},
     read_cache_stack_size,
     "OP_RCSZ"},
    {Op::add_ints, {"OP_ADD_INTS", byte}, add_ints, "OP_ADD"},
    {Op::subtract_ints, {"OP_SUBTRACT_INTS", byte}, subtract_ints, "OP_SUB"},
    {Op::mult_ints, {"OP_MULT_INTS", byte}, mult_ints, "OP_MULT"},
    {Op::div_int, {"OP_DIV_INT", sized}, div_int},
    {Op::div_ints, {"OP_DIV_INTS", none}, div_ints, "OP_DIV"},
    {Op::mod_int, {"OP_MOD_INT", sized}, mod_int},
    {Op::mod_ints, {"OP_MOD_INTS", none}, mod_ints, "OP_MOD"},
    {Op::add_floats, {"OP_ADD_FLOATS", byte}, add_floats},
    {Op::subtract_floats, {"OP_SUBTRACT_FLOATS", byte}, subtract_floats, "OP_SUBF"},
    {Op::div_float, {"OP_DIV_FLOAT", float32}, div_float},
    {Op::div_floats, {"OP_DIV_FLOATS", none}, div_floats},
    {Op::mod_float, {"OP_MOD_FLOAT", float32}, mod_float, "OP_MODF"},
    {Op::mod_floats, {"OP_MOD_FLOATS", none}, mod_floats, "OP_MODFS"},
    {Op::add_points, {"OP_ADD_POINTS", byte}, add_points},
    {Op::copy, {"OP_COPY", byte}, copy},
    {Op::dup, {"OP_DUP", none}, dup},
    {Op::sha256, {"OP_SHA256", none}, sha256},
    {Op::shake256, {"OP_SHAKE256", byte}, shake256},
    {Op::verify, {"OP_VERIFY", none}, verify},
    {Op::equal, {"OP_EQUAL", none}, equal, "OP_EQ"},
    {Op::equal_verify, {"OP_EQUAL_VERIFY", none}, equal_verify, "OP_EQV"},
    {Op::check_sig, {"OP_CHECK_SIG", byte}, check_sig, "OP_CS"},
    {Op::check_sig_verify, {"OP_CHECK_SIG_VERIFY", byte}, check_sig_verify, "OP_CSV"},
    {Op::check_timestamp, {"OP_CHECK_TIMESTAMP", none}, check_timestamp, "OP_CTS"},
    {Op::check_timestamp_verify,
     {"OP_CHECK_TIMESTAMP_VERIFY", none},
     check_timestamp_verify,
     "OP_CTSV"},
    {Op::check_epoch, {"OP_CHECK_EPOCH", none}, check_epoch},
    {Op::check_epoch_verify, {"OP_CHECK_EPOCH_VERIFY", none}, check_epoch_verify, "OP_CEV"},
    {Op::def, {"OP_DEF", definition}, def},
    {Op::call, {"OP_CALL", byte}, call},
    {Op::if_, {"OP_IF", block}, if_block},
    {Op::if_else, {"OP_IF_ELSE", two_blocks}, if_else},
    {Op::eval, {"OP_EVAL", none}, eval},
    {Op::not_, {"OP_NOT", none}, bitwise_not},
    {Op::random, {"OP_RANDOM", none}, random_bytes},
    {Op::return_, {"OP_RETURN", none}, return_now},
    {Op::set_flag, {"OP_SET_FLAG", sized}, set_flag},
    {Op::unset_flag, {"OP_UNSET_FLAG", sized}, unset_flag},
    {Op::depth, {"OP_DEPTH", none}, depth},
    {Op::swap, {"OP_SWAP", two_bytes}, swap},
    {Op::swap2, {"OP_SWAP2", none}, swap2},
    {Op::reverse, {"OP_REVERSE", byte}, reverse},
    {Op::concat, {"OP_CONCAT", none}, concat, "OP_CAT"},
    {Op::split, {"OP_SPLIT", none}, split},
    {Op::concat_str, {"OP_CONCAT_STR", none}, concat_str, "OP_CATS"},
    {Op::split_str, {"OP_SPLIT_STR", none}, split_str},
    {Op::check_transfer, {"OP_CHECK_TRANSFER", none}, check_transfer},
    {Op::merkleval, {"OP_MERKLEVAL", root}, merkleval},
    {Op::try_except, {"OP_TRY_EXCEPT", two_blocks}, try_except},
    {Op::less, {"OP_LESS", none}, less},
    {Op::less_or_equal, {"OP_LESS_OR_EQUAL", none}, less_or_equal, "OP_LEQ"},
    {Op::get_value, {"OP_GET_VALUE", sized}, get_value, "OP_VAL"},
    {Op::float_less, {"OP_FLOAT_LESS", none}, float_less, "OP_FLESS"},
    {Op::float_less_or_equal, {"OP_FLOAT_LESS_OR_EQUAL", none}, float_less_or_equal, "OP_FLEQ"},
    {Op::int_to_float, {"OP_INT_TO_FLOAT", none}, int_to_float, "OP_I2F"},
    {Op::float_to_int, {"OP_FLOAT_TO_INT", none}, float_to_int, "OP_F2I"},
    {Op::loop, {"OP_LOOP", block}, loop},
    {Op::check_multisig, {"OP_CHECK_MULTISIG", three_bytes}, check_multisig, "OP_CMS"},
    {Op::check_multisig_verify,
     {"OP_CHECK_MULTISIG_VERIFY", three_bytes},
     check_multisig_verify,
     "OP_CMSV"},
    {Op::sign, {"OP_SIGN", byte}, sign},
    {Op::sign_stack, {"OP_SIGN_STACK", none}, sign_stack},
    {Op::check_sig_stack, {"OP_CHECK_SIG_STACK", none}, check_sig_stack, "OP_CSS"},
    {Op::derive_scalar, {"OP_DERIVE_SCALAR", none}, derive_scalar},
    {Op::clamp_scalar, {"OP_CLAMP_SCALAR", byte}, clamp_scalar},
    {Op::add_scalars, {"OP_ADD_SCALARS", byte}, add_scalars},
    {Op::subtract_scalars, {"OP_SUBTRACT_SCALARS", byte}, subtract_scalars},
    {Op::derive_point, {"OP_DERIVE_POINT", none}, derive_point},
    {Op::subtract_points, {"OP_SUBTRACT_POINTS", byte}, subtract_points},
    {Op::make_adapter_sig_public,
     {"OP_MAKE_ADAPTER_SIG_PUBLIC", none},
     make_adapter_sig_public,
     "OP_MASU"},
    {Op::make_adapter_sig_private,
     {"OP_MAKE_ADAPTER_SIG_PRIVATE", none},
     make_adapter_sig_private,
     "OP_MASV"},
    {Op::check_adapter_sig, {"OP_CHECK_ADAPTER_SIG", none}, check_adapter_sig, "OP_CAS"},
    {Op::decrypt_adapter_sig, {"OP_DECRYPT_ADAPTER_SIG", none}, decrypt_adapter_sig, "OP_DAS"},
    {Op::invoke, {"OP_INVOKE", none}, invoke},
    {Op::xor_, {"OP_XOR", none}, bitwise_xor},
    {Op::or_, {"OP_OR", none}, bitwise_or},
    {Op::and_, {"OP_AND", none}, bitwise_and},
    {Op::check_template, {"OP_CHECK_TEMPLATE", byte}, check_template, "OP_CT"},
    {Op::check_template_verify,
     {"OP_CHECK_TEMPLATE_VERIFY", byte},
     check_template_verify,
     "OP_CTV"},
    {Op::taproot, {"OP_TAPROOT", byte}, taproot, "OP_TR"},
});
static_assert(opcodes.size() == op_count);
static_assert(std::ranges::all_of(opcodes, [](const Opcode& opcode) {
    return &opcode == &opcodes[static_cast<std::size_t>(opcode.op)];
}));

constexpr auto all_operations() {
    std::array<Operation*, 256> all{};
    const auto rest = std::ranges::transform(opcodes, all.begin(), &Opcode::run).out;
    std::fill(rest, all.end(), nop);
    return all;
}

constexpr std::string_view without_prefix(std::string_view name) {
    return name.substr(std::string_view("OP_").size());
}

constexpr auto all_aliases() {
    constexpr auto some = [](const Opcode& opcode) { return !opcode.alias.empty(); };
    std::array<OpcodeAlias, 2 * std::ranges::count_if(opcodes, some)> all{};
    auto next = all.begin();
    for (const Opcode& opcode : opcodes) {
        if (opcode.alias.empty()) continue;
        *next++ = {opcode.alias, opcode.op};
        *next++ = {without_prefix(opcode.alias), opcode.op};
    }
    return all;
}

constexpr auto aliases = all_aliases();

struct Nops {
    std::array<std::string, 256> names;
    std::array<OpcodeInfo, 256> infos;

    Nops() {
        for (std::size_t code = op_count; code < infos.size(); ++code) {
            names[code] = "NOP" + std::to_string(code);
            infos[code] = {names[code], byte, true};
        }
    }
};

const Nops& nops() noexcept {
    static const Nops made;
    return made;
}

std::map<std::string_view, std::uint8_t> make_names() {
    std::map<std::string_view, std::uint8_t> names;
    for (const Opcode& opcode : opcodes) {
        names.emplace(opcode.info.name, static_cast<std::uint8_t>(opcode.op));
        names.emplace(without_prefix(opcode.info.name), static_cast<std::uint8_t>(opcode.op));
    }
    for (std::size_t code = op_count; code < nops().infos.size(); ++code) {
        names.emplace(nops().infos[code].name, static_cast<std::uint8_t>(code));
    }
    for (const OpcodeAlias& alias : aliases) {
        names.emplace(alias.alias, static_cast<std::uint8_t>(alias.op));
    }
    return names;
}

}  // namespace

constinit const std::array<Operation*, 256> operations = all_operations();

}  // namespace machine

const OpcodeInfo& opcode_info(std::uint8_t code) noexcept {
    return code < op_count ? machine::opcodes[code].info : machine::nops().infos[code];
}

std::optional<std::uint8_t> find_opcode(std::string_view name) {
    static const std::map<std::string_view, std::uint8_t> names = machine::make_names();
    const auto found = names.find(name);
    if (found == names.end()) return std::nullopt;
    return found->second;
}

std::span<const OpcodeAlias> opcode_aliases() noexcept {
    return machine::aliases;
}

}  // namespace netaio::tapescript

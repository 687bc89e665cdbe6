#include <algorithm>
#include <array>
#include <map>
#include <netaio/tapescript/opcodes.hpp>
#include <string>

namespace netaio::tapescript {
namespace {

using enum Operands;

constexpr std::array<OpcodeInfo, op_count> operations{{
    {"OP_FALSE", none, false},
    {"OP_TRUE", none, false},
    {"OP_PUSH0", byte, false},
    {"OP_PUSH1", sized, false},
    {"OP_PUSH2", sized2, false},
    {"OP_GET_MESSAGE", byte, false},
    {"OP_POP0", none, false},
    {"OP_POP1", byte, false},
    {"OP_SIZE", none, false},
    {"OP_WRITE_CACHE", cache_slot, false},
    {"OP_READ_CACHE", sized, false},
    {"OP_READ_CACHE_SIZE", sized, false},
    {"OP_READ_CACHE_STACK", none, false},
    {"OP_READ_CACHE_STACK_SIZE", none, false},
    {"OP_ADD_INTS", byte, false},
    {"OP_SUBTRACT_INTS", byte, false},
    {"OP_MULT_INTS", byte, false},
    {"OP_DIV_INT", sized, false},
    {"OP_DIV_INTS", none, false},
    {"OP_MOD_INT", sized, false},
    {"OP_MOD_INTS", none, false},
    {"OP_ADD_FLOATS", byte, false},
    {"OP_SUBTRACT_FLOATS", byte, false},
    {"OP_DIV_FLOAT", float32, false},
    {"OP_DIV_FLOATS", none, false},
    {"OP_MOD_FLOAT", float32, false},
    {"OP_MOD_FLOATS", none, false},
    {"OP_ADD_POINTS", byte, false},
    {"OP_COPY", byte, false},
    {"OP_DUP", none, false},
    {"OP_SHA256", none, false},
    {"OP_SHAKE256", byte, false},
    {"OP_VERIFY", none, false},
    {"OP_EQUAL", none, false},
    {"OP_EQUAL_VERIFY", none, false},
    {"OP_CHECK_SIG", byte, false},
    {"OP_CHECK_SIG_VERIFY", byte, false},
    {"OP_CHECK_TIMESTAMP", none, false},
    {"OP_CHECK_TIMESTAMP_VERIFY", none, false},
    {"OP_CHECK_EPOCH", none, false},
    {"OP_CHECK_EPOCH_VERIFY", none, false},
    {"OP_DEF", definition, false},
    {"OP_CALL", byte, false},
    {"OP_IF", block, false},
    {"OP_IF_ELSE", two_blocks, false},
    {"OP_EVAL", none, false},
    {"OP_NOT", none, false},
    {"OP_RANDOM", none, false},
    {"OP_RETURN", none, false},
    {"OP_SET_FLAG", sized, false},
    {"OP_UNSET_FLAG", sized, false},
    {"OP_DEPTH", none, false},
    {"OP_SWAP", two_bytes, false},
    {"OP_SWAP2", none, false},
    {"OP_REVERSE", byte, false},
    {"OP_CONCAT", none, false},
    {"OP_SPLIT", none, false},
    {"OP_CONCAT_STR", none, false},
    {"OP_SPLIT_STR", none, false},
    {"OP_CHECK_TRANSFER", none, false},
    {"OP_MERKLEVAL", root, false},
    {"OP_TRY_EXCEPT", two_blocks, false},
    {"OP_LESS", none, false},
    {"OP_LESS_OR_EQUAL", none, false},
    {"OP_GET_VALUE", sized, false},
    {"OP_FLOAT_LESS", none, false},
    {"OP_FLOAT_LESS_OR_EQUAL", none, false},
    {"OP_INT_TO_FLOAT", none, false},
    {"OP_FLOAT_TO_INT", none, false},
    {"OP_LOOP", block, false},
    {"OP_CHECK_MULTISIG", three_bytes, false},
    {"OP_CHECK_MULTISIG_VERIFY", three_bytes, false},
    {"OP_SIGN", byte, false},
    {"OP_SIGN_STACK", none, false},
    {"OP_CHECK_SIG_STACK", none, false},
    {"OP_DERIVE_SCALAR", none, false},
    {"OP_CLAMP_SCALAR", byte, false},
    {"OP_ADD_SCALARS", byte, false},
    {"OP_SUBTRACT_SCALARS", byte, false},
    {"OP_DERIVE_POINT", none, false},
    {"OP_SUBTRACT_POINTS", byte, false},
    {"OP_MAKE_ADAPTER_SIG_PUBLIC", none, false},
    {"OP_MAKE_ADAPTER_SIG_PRIVATE", none, false},
    {"OP_CHECK_ADAPTER_SIG", none, false},
    {"OP_DECRYPT_ADAPTER_SIG", none, false},
    {"OP_INVOKE", none, false},
    {"OP_XOR", none, false},
    {"OP_OR", none, false},
    {"OP_AND", none, false},
    {"OP_CHECK_TEMPLATE", byte, false},
    {"OP_CHECK_TEMPLATE_VERIFY", byte, false},
    {"OP_TAPROOT", byte, false},
}};

constexpr auto aliases = std::to_array<OpcodeAlias>({
    {"OP_RCZ", Op::read_cache_size},
    {"RCZ", Op::read_cache_size},
    {"OP_RCS", Op::read_cache_stack},
    {"RCS", Op::read_cache_stack},
    {"OP_RCSZ", Op::read_cache_stack_size},
    {"RCSZ", Op::read_cache_stack_size},
    {"OP_ADD", Op::add_ints},
    {"ADD", Op::add_ints},
    {"OP_SUB", Op::subtract_ints},
    {"SUB", Op::subtract_ints},
    {"OP_MULT", Op::mult_ints},
    {"MULT", Op::mult_ints},
    {"OP_DIV", Op::div_ints},
    {"DIV", Op::div_ints},
    {"OP_MOD", Op::mod_ints},
    {"MOD", Op::mod_ints},
    {"OP_SUBF", Op::subtract_floats},
    {"SUBF", Op::subtract_floats},
    {"OP_MODF", Op::mod_float},
    {"MODF", Op::mod_float},
    {"OP_MODFS", Op::mod_floats},
    {"MODFS", Op::mod_floats},
    {"OP_EQ", Op::equal},
    {"EQ", Op::equal},
    {"OP_EQV", Op::equal_verify},
    {"EQV", Op::equal_verify},
    {"OP_LEQ", Op::less_or_equal},
    {"LEQ", Op::less_or_equal},
    {"OP_VAL", Op::get_value},
    {"VAL", Op::get_value},
    {"OP_FLESS", Op::float_less},
    {"FLESS", Op::float_less},
    {"OP_FLEQ", Op::float_less_or_equal},
    {"FLEQ", Op::float_less_or_equal},
    {"OP_I2F", Op::int_to_float},
    {"I2F", Op::int_to_float},
    {"OP_F2I", Op::float_to_int},
    {"F2I", Op::float_to_int},
    {"OP_CTS", Op::check_timestamp},
    {"CTS", Op::check_timestamp},
    {"OP_CTSV", Op::check_timestamp_verify},
    {"CTSV", Op::check_timestamp_verify},
    {"OP_CEV", Op::check_epoch_verify},
    {"CEV", Op::check_epoch_verify},
    {"OP_CS", Op::check_sig},
    {"CS", Op::check_sig},
    {"OP_CSV", Op::check_sig_verify},
    {"CSV", Op::check_sig_verify},
    {"OP_CMS", Op::check_multisig},
    {"CMS", Op::check_multisig},
    {"OP_CMSV", Op::check_multisig_verify},
    {"CMSV", Op::check_multisig_verify},
    {"OP_CSS", Op::check_sig_stack},
    {"CSS", Op::check_sig_stack},
    {"OP_MASU", Op::make_adapter_sig_public},
    {"MASU", Op::make_adapter_sig_public},
    {"OP_MASV", Op::make_adapter_sig_private},
    {"MASV", Op::make_adapter_sig_private},
    {"OP_CAS", Op::check_adapter_sig},
    {"CAS", Op::check_adapter_sig},
    {"OP_DAS", Op::decrypt_adapter_sig},
    {"DAS", Op::decrypt_adapter_sig},
    {"OP_MSG", Op::get_message},
    {"MSG", Op::get_message},
    {"OP_CAT", Op::concat},
    {"CAT", Op::concat},
    {"OP_CATS", Op::concat_str},
    {"CATS", Op::concat_str},
    {"OP_CT", Op::check_template},
    {"CT", Op::check_template},
    {"OP_CTV", Op::check_template_verify},
    {"CTV", Op::check_template_verify},
    {"OP_TR", Op::taproot},
    {"TR", Op::taproot},
});

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
    constexpr std::size_t prefix = 3;
    for (std::size_t code = 0; code < op_count; ++code) {
        names.emplace(operations[code].name, static_cast<std::uint8_t>(code));
        names.emplace(operations[code].name.substr(prefix), static_cast<std::uint8_t>(code));
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

const OpcodeInfo& opcode_info(std::uint8_t code) noexcept {
    return code < op_count ? operations[code] : nops().infos[code];
}

std::optional<std::uint8_t> find_opcode(std::string_view name) {
    static const std::map<std::string_view, std::uint8_t> names = make_names();
    const auto found = names.find(name);
    if (found == names.end()) return std::nullopt;
    return found->second;
}

std::span<const OpcodeAlias> opcode_aliases() noexcept {
    return aliases;
}

}  // namespace netaio::tapescript

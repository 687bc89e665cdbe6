#include "divergences.hpp"

#include <algorithm>
#include <array>

namespace netaio::divergences {
namespace {

// `ours` for packify: the hex of what ours packs the unpacked value into, or `error`.
constexpr auto table = std::to_array<Divergence>({
    {"packify", "unpack/odd/dict_pair_str", "error", "a dict entry must be a tuple or list of two"},
    {"packify", "unpack/odd/dict_pair_dict01", "error",
     "a dict entry must be a tuple or list of two"},
    {"packify", "unpack/odd/packable_protocol", "5408015061636b61626c6500",
     "a packable stays a name with data, as there are no Python classes to make it into"},
    {"packify", "unpack/odd/set_bool_int_dup", "4b4002020206014401",
     "values of different types are different members of a set"},
    {"packify", "unpack/odd/dict_bool_int_key",
     "4d40020a0a4c4002020306014301624c400202034401430169",
     "values of different types are different keys"},
    {"packify", "unpack/odd/dict_float_int_key",
     "4d40020a114c4002020344014301694c40020903073ff0000000000000430166",
     "values of different types are different keys"},
    {"packify", "unpack/odd/dict_decimal_int_key",
     "4d40020a0d4c4002020344014301694c400205034803312e30430164",
     "values of different types are different keys"},

    // `refused`: the options are; `error`: make() gives one; `invalid`: check() is false.
    {"hmac_auth", "*/make/secret_empty*", "refused", "an empty secret protects nothing"},
    {"hmac_auth", "*/make/same_field_names", "refused", "one field cannot hold nonce and tag"},
    {"hmac_auth", "*/make/ts_bool", "error", "a truth value is no timestamp"},
    {"hmac_auth", "*/make/nonce_str5", "error", "a nonce that is text is an error at any length"},
    {"hmac_auth", "0.0.9/make/ts_bytes_empty", "error",
     "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/make/ts_bytes_00", "error", "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/make/ts_bytes_01", "error", "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/make/ts_bytes_0001", "error", "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/make/ts_bytes_000001", "error",
     "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/make/ts_bytes_0000000001", "error",
     "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/make/ts_bytes_000065535f00", "error",
     "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/check/ts_raw_empty", "invalid",
     "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/check/ts_raw_01", "invalid", "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/check/ts_raw_0000000001", "invalid",
     "a tag does not say where a timestamp ends"},
    {"hmac_auth", "0.0.9/check/ts_raw_65535f0000", "invalid",
     "a tag does not say where a timestamp ends"},
    {"hmac_auth", "*/check/nonce_wrong_len_*", "invalid", "a tag does not say where a nonce ends"},
    {"hmac_auth", "*/check/hmac_list32", "invalid", "a tag is bytes, not a list of numbers"},

    {"stream_cipher", "*crypt/*/empty_key", "refused", "an empty key protects nothing"},
    {"stream_cipher", "*/decrypt_wrong_mode/*/empty_key", "refused",
     "an empty key protects nothing"},

    // `own automatic replies`, `refused through the outer layer`: see node_test.cpp; `malformed`:
    // the stream ends; `silence`: nothing is sent; `the peer stays`: its farewell is not believed.
    {"message", "decode/bitflip/9", "malformed", "auth fields are a dict of text keys"},
    {"message", "decode/auth_int_keys", "malformed", "auth fields are a dict of text keys"},
    {"message", "decode/auth_list", "malformed", "auth fields are a dict of text keys"},
    {"message", "decode/auth_none", "malformed", "auth fields are a dict of text keys"},
    {"message", "decode/auth_bytes", "malformed", "auth fields are a dict of text keys"},
    {"message", "decode/auth_int", "malformed", "auth fields are a dict of text keys"},
    {"message", "decode/auth_str", "malformed", "auth fields are a dict of text keys"},
    {"message", "decode/body_over_u16", "malformed", "no frame has a body above 65535 bytes"},
    {"message", "encode/unknown_type/*", "any type", "receivers decide which types they know"},
    {"message", "auth_fields/3", "malformed", "auth fields are a dict of text keys"},
    {"message", "auth_fields/4", "malformed", "auth fields are a dict of text keys"},
    {"message", "auth_fields/5", "malformed", "auth fields are a dict of text keys"},
    {"message", "auth_fields/6", "malformed", "auth fields are a dict of text keys"},
    {"message", "helper/make_error_msg/21", "any type", "receivers decide which types they know"},
    {"peer", "client_messages/*/no_*", "not representable", "an id and data are bytes"},
    {"message", "tcp_*/auth_list", "malformed", "auth fields are a dict of text keys"},
    {"message", "tcp_server/*", "own automatic replies", "a requester's wait ends at once"},
    {"message", "udp/*", "own automatic replies", "no amplification, and waits end at once"},
    {"stream_cipher", "*/tcp_server/same_auth_fields/type/good", "refused through the outer layer",
     "a requester that passes the outer layer can believe the refusal of an inner one"},
    {"stream_cipher", "*/tcp_server/cipher_outer_auth_inner/type/tampered",
     "refused through the outer layer",
     "a requester that passes the outer layer can believe the refusal of an inner one"},
    {"stream_cipher", "*/tcp_server/*", "own automatic replies", "a requester's wait ends at once"},
    {"stream_cipher", "*/udp/*", "own automatic replies",
     "no amplification, and waits end at once"},
    {"peer", "*/disconnect_none_data", "the peer stays", "peer data is bytes"},
    {"peer", "udp/inner_both_uri", "silence", "a hidden uri can't be a handler's: ours refuses it"},
    {"peer", "udp/*", "own automatic replies", "no amplification, and waits end at once"},

    // `valid`, `invalid`: whether the lock opens or check() is true; `error`: make() gives one;
    // `replaced`: it makes a nonce of its own. In the reference, the mark
    // that OP_RETURN leaves in a witness ends the lock at its first conditional.
    {"tapescript_auth", "auth/basic/returned_leak_skips_rest", "invalid",
     "a witness cannot cut a lock short"},
    {"tapescript_auth", "auth/basic/returned_leak_ifelse", "invalid",
     "a witness cannot cut a lock short"},
    {"tapescript_auth", "auth/basic/returned_preset", "invalid", "a cache cannot cut a lock short"},
    {"tapescript_auth", "auth/htlc*/witness_return", "valid", "the lock runs to its end"},
    {"tapescript_auth", "auth/ptlc/*/witness_return", "valid", "the lock runs to its end"},
    {"tapescript_auth", "0.0.9/plugin_make/ts_bytes_empty", "error",
     "a signature does not say where a timestamp ends"},
    {"tapescript_auth", "0.0.9/plugin_make/ts_bytes_01", "error",
     "a signature does not say where a timestamp ends"},
    {"tapescript_auth", "0.0.9/plugin_make/ts_bytes_0000000001", "error",
     "a signature does not say where a timestamp ends"},
    {"tapescript_auth", "0.0.9/plugin_check/ts_bytes5", "invalid",
     "a signature does not say where a timestamp ends"},
    {"tapescript_auth", "0.0.9/plugin_check/ts_bytes8", "invalid",
     "a signature does not say where a timestamp ends"},
    {"tapescript_auth", "*/plugin_make/nonce_empty", "replaced",
     "a signature does not say where a nonce ends"},
    {"tapescript_auth", "*/plugin_make/nonce_short", "replaced",
     "a signature does not say where a nonce ends"},
    {"tapescript_auth", "*/plugin_make/nonce_long", "replaced",
     "a signature does not say where a nonce ends"},
    {"tapescript_auth", "0.0.8/plugin_check/peer_list/use", "invalid", "peer data is a dict"},

    // A peer's id and data are bytes: others cannot be packed, and are an error when unpacked.
    {"peer", "pack/none/*", "not representable", "an id is bytes"},
    {"peer", "pack/str/*", "not representable", "an id is bytes"},
    {"peer", "pack/*/none", "not representable", "peers without data have an empty dict"},
    {"peer", "unpack/none/*", "error", "an id is bytes"},
    {"peer", "unpack/str/*", "error", "an id is bytes"},
    {"peer", "unpack/*/none", "error", "peer data is bytes"},
    {"peer", "unpack/odd/str2", "error", "a peer is a tuple or list of two"},
    {"peer", "unpack/odd/ints", "error", "id and data are bytes"},
    {"peer", "unpack/odd/nested", "error", "peer data is bytes, as packed by the peer plugin"},

    // `ours` for tapescript_run: what a script reads at the cache key E of an error that in the
    // reference is the Python runtime's, or `not representable`.
    {"tapescript_run", "grid/OP_TRY_EXCEPT/000120000201/empty", "IndexError|the stack is empty",
     "texts of errors are ours"},
    {"tapescript_run", "flow/029*", "IndexError|the stack is empty", "texts of errors are ours"},
    {"tapescript_run", "flow/031*", "ZeroDivisionError|division by zero",
     "texts of errors are ours"},
    {"tapescript_run", "flow/033*", "KeyError|no such definition", "texts of errors are ours"},
    {"tapescript_run", "flow/034*", "TypeError|a scalar must have 32 bytes",
     "texts of errors are ours"},
    {"tapescript_run", "flow/036*", "IndexError|the stack is empty", "texts of errors are ours"},
    {"tapescript_run", "flow/039*", "UnicodeDecodeError|the item is not UTF-8",
     "texts of errors are ours"},
    {"tapescript_run", "flow/043*", "IndexError|the stack is empty", "texts of errors are ours"},
    {"tapescript_run", "flow/046*", "ValueError|a count of random bytes must not be negative",
     "texts of errors are ours"},
    {"tapescript_run", "cache/*_bytearray*", "not representable",
     "a cache has bytes of one kind only"},
    {"tapescript_run", "cache/*_dict*", "not representable", "a cache holds no dicts"},

    // `ours` for tapescript_compile: the hex of the code, or `error`.
    {"tapescript_compile", "compile/block/004", "012b0002020101",
     "END_IF takes nothing but itself, where the reference drops the next symbol"},
    {"tapescript_compile", "compile/block/005", "012b000202010202",
     "END_IF takes nothing but itself, where the reference drops the next symbol"},
    {"tapescript_compile", "compile/block/006", "012b000202010100",
     "END_IF takes nothing but itself, where the reference drops the next symbol"},
    {"tapescript_compile", "compile/block/104", "3d0001010000",
     "END_TRY ends a TRY without EXCEPT, as the language document has it"},
});

bool matches(std::string_view pattern, std::string_view name) noexcept {
    while (!pattern.empty() && pattern.front() != '*') {
        if (name.empty() || name.front() != pattern.front()) return false;
        pattern.remove_prefix(1);
        name.remove_prefix(1);
    }
    if (pattern.empty()) return name.empty();
    pattern.remove_prefix(1);
    for (std::size_t skipped = 0; skipped <= name.size(); ++skipped) {
        if (matches(pattern, name.substr(skipped))) return true;
    }
    return false;
}

}  // namespace

const Divergence* find(std::string_view file, std::string_view case_name) noexcept {
    const auto* found = std::ranges::find_if(table, [&](const Divergence& entry) {
        return entry.file == file && matches(entry.cases, case_name);
    });
    return found == table.end() ? nullptr : found;
}

}  // namespace netaio::divergences

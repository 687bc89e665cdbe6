#include <netaio/tapescript/graftroot.hpp>
#include <netaio/tapescript/single_sig.hpp>

#include "assembler.hpp"

namespace netaio::tapescript {

using tools::Assembler;

Script make_graftroot_lock(const PublicKey& key, std::uint8_t sigflags) {
    Assembler surrogate;
    surrogate.op(Op::dup)
        .op(Op::swap, {1, 2})
        .load("k")
        .op(Op::check_sig_stack)
        .op(Op::verify)
        .op(Op::eval);
    Assembler signature;
    signature.load("k").op(Op::check_sig, {sigflags});
    return Assembler().push(key.bytes()).store("k").if_else(surrogate, signature).script();
}

Script make_graftroot_witness_keyspend(const SigningKey& key, const SigFields& fields,
                                       const SignOptions& options) {
    return Assembler().push(sign(key, fields, options)).push_bool(false).script();
}

Script make_graftroot_witness_surrogate(const SigningKey& key, const Script& surrogate) {
    return Assembler().push(key.sign(surrogate.code)).push(surrogate.code).push_bool(true).script();
}

}  // namespace netaio::tapescript

#include <netaio/tapescript/taproot.hpp>
#include <stdexcept>

#include "assembler.hpp"
#include "hash.hpp"

namespace netaio::tapescript {
namespace {

using tools::Assembler;

constexpr std::size_t commitment_size = 32;

// What is added to a key to hide a script in it.
Scalar hiding(const PublicKey& key, const Commitment& committed) {
    return Scalar::clamped(tools::sha256(std::string(key.bytes()).append(committed.bytes())));
}

Point root_of(const PublicKey& key, const Commitment& committed) {
    return key + hiding(key, committed).point();
}

// The script inside a graftap lock: runs a script that the key has signed.
Script run_surrogate_of(const PublicKey& key) {
    return Assembler()
        .op(Op::dup)
        .op(Op::swap, {1, 2})
        .push(key.bytes())
        .op(Op::check_sig_stack)
        .op(Op::verify)
        .op(Op::eval)
        .script();
}

}  // namespace

Commitment::Commitment(const Script& script) : bytes_(tools::sha256(script.code)) {}

Commitment::Commitment(std::string_view sha256) : bytes_(sha256) {
    if (bytes_.size() != commitment_size) {
        throw std::invalid_argument("a commitment to a script is its SHA-256, 32 bytes");
    }
}

Script make_taproot_lock(const PublicKey& key, const Commitment& committed, std::uint8_t sigflags) {
    return Assembler().push(root_of(key, committed).bytes()).op(Op::taproot, {sigflags}).script();
}

Script make_nonnative_taproot_lock(const PublicKey& key, const Commitment& committed,
                                   std::uint8_t sigflags) {
    constexpr std::uint8_t root = 0;
    Assembler push_root;
    push_root.push(root_of(key, committed).bytes());

    // Computes the root from the script and key on the stack, and keeps the script.
    Assembler script;
    script.op(Op::dup).op(Op::swap, {0, 2}).op(Op::dup).op(Op::swap, {1, 3});
    script.op(Op::sha256).op(Op::concat).op(Op::sha256).op(Op::clamp_scalar, {0});
    script.op(Op::derive_point).op(Op::add_points, {2});
    script.op(Op::call, {root}).op(Op::equal_verify).op(Op::eval);

    Assembler signature;
    signature.op(Op::call, {root}).op(Op::check_sig, {sigflags});

    Assembler lock;
    lock.define(root, push_root);
    lock.op(Op::dup).op(Op::size).push_int(Point::size).op(Op::equal);
    return lock.if_else(script, signature).script();
}

Script make_taproot_witness_keyspend(const SigningKey& key, const Commitment& committed,
                                     const SigFields& fields, const SignOptions& options) {
    constexpr std::uint8_t all = 0xff;
    if (options.sigflags == all) {
        throw std::invalid_argument("a taproot signature covers at least one field");
    }
    const Scalar scalar = key.scalar() + hiding(key.public_key(), committed);
    std::string signature = sign_with_scalar(scalar, message_to_sign(fields, options));
    if (options.sigflags != 0) signature += static_cast<char>(options.sigflags);
    return Assembler().push(signature).script();
}

Script make_taproot_witness_scriptspend(const PublicKey& key, const Script& committed) {
    return Assembler().push(committed.code).push(key.bytes()).script();
}

Script make_graftap_lock(const PublicKey& key, std::uint8_t sigflags) {
    return make_taproot_lock(key, run_surrogate_of(key), sigflags);
}

Script make_graftap_witness_keyspend(const SigningKey& key, const SigFields& fields,
                                     const SignOptions& options) {
    return make_taproot_witness_keyspend(key, run_surrogate_of(key.public_key()), fields, options);
}

Script make_graftap_witness_scriptspend(const SigningKey& key, const Script& surrogate) {
    const Script committed = run_surrogate_of(key.public_key());
    return Assembler()
        .push(key.sign(surrogate.code))
        .push(surrogate.code)
        .code(make_taproot_witness_scriptspend(key.public_key(), committed).code)
        .script();
}

}  // namespace netaio::tapescript

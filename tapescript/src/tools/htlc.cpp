#include <ctime>
#include <netaio/tapescript/htlc.hpp>
#include <stdexcept>

#include "assembler.hpp"
#include "hash.hpp"

namespace netaio::tapescript {
namespace {

using tools::Assembler;

constexpr std::uint8_t sha256_size = 32;
constexpr std::uint8_t key_hash_size = 20;

enum class Hash { sha256, shake256 };

std::string digest_of(const HtlcOptions& options, Hash hash) {
    const std::uint8_t size = hash == Hash::sha256 ? sha256_size : options.hash_size;
    if (!options.digest.empty()) {
        if (options.digest.size() == size) return options.digest;
        throw std::invalid_argument("the digest of an HTLC has another size than its hash");
    }
    if (options.preimage.empty()) {
        throw std::invalid_argument("an HTLC needs a preimage or its digest");
    }
    return hash == Hash::sha256 ? tools::sha256(options.preimage)
                                : tools::shake256(options.preimage, size);
}

// Leaves on the stack whether what the witness brought is the preimage.
void check_preimage(Assembler& lock, const HtlcOptions& options, Hash hash) {
    if (hash == Hash::sha256) {
        lock.op(Op::sha256);
    } else {
        lock.op(Op::shake256, {options.hash_size});
    }
    lock.push(digest_of(options, hash)).op(Op::equal);
}

// Ends the script while the time is not over.
template <class Options>
void check_expiry(Assembler& lock, const Options& options) {
    const auto now = options.now.value_or(static_cast<std::int64_t>(std::time(nullptr)));
    lock.push_int(now + options.timeout.count()).op(Op::check_timestamp_verify);
}

// Takes whether it is the receiver from the stack, and asks for the signature of who it is.
template <class Options>
void check_signature(Assembler& lock, const Options& options, const PublicKey& receiver) {
    Assembler receive;
    receive.push(receiver.bytes());
    Assembler refund;
    check_expiry(refund, options);
    refund.push(options.refund.bytes());
    lock.if_else(receive, refund).op(Op::check_sig, {options.sigflags});
}

Script make_htlc_lock(const HtlcOptions& options, Hash hash) {
    Assembler lock;
    check_preimage(lock, options, hash);
    check_signature(lock, options, options.receiver);
    return lock.script();
}

Script make_htlc2_lock(const HtlcOptions& options, Hash hash) {
    const std::uint8_t size = hash == Hash::sha256 ? key_hash_size : options.hash_size;
    const auto hash_key = [&](Assembler& to, const PublicKey& key) {
        to.op(Op::dup).op(Op::shake256, {size}).push(tools::shake256(key.bytes(), size));
    };
    Assembler receive;
    hash_key(receive, options.receiver);
    Assembler refund;
    check_expiry(refund, options);
    hash_key(refund, options.refund);

    Assembler lock;
    check_preimage(lock, options, hash);
    lock.if_else(receive, refund).op(Op::equal_verify).op(Op::check_sig, {options.sigflags});
    return lock.script();
}

}  // namespace

Script make_htlc_sha256_lock(const HtlcOptions& options) {
    return make_htlc_lock(options, Hash::sha256);
}

Script make_htlc_shake256_lock(const HtlcOptions& options) {
    return make_htlc_lock(options, Hash::shake256);
}

Script make_htlc2_sha256_lock(const HtlcOptions& options) {
    return make_htlc2_lock(options, Hash::sha256);
}

Script make_htlc2_shake256_lock(const HtlcOptions& options) {
    return make_htlc2_lock(options, Hash::shake256);
}

Script make_htlc_witness(const SigningKey& key, std::string_view preimage, const SigFields& fields,
                         const SignOptions& options) {
    return Assembler().push(sign(key, fields, options)).push(preimage).script();
}

Script make_htlc2_witness(const SigningKey& key, std::string_view preimage, const SigFields& fields,
                          const SignOptions& options) {
    return Assembler()
        .push(sign(key, fields, options))
        .push(key.public_key().bytes())
        .push(preimage)
        .script();
}

Script make_ptlc_lock(const PtlcOptions& options) {
    Assembler lock;
    check_signature(
        lock, options,
        options.tweak_point ? options.receiver + *options.tweak_point : options.receiver);
    return lock.script();
}

Script make_ptlc_witness(const SigningKey& key, const SigFields& fields,
                         const SignOptions& options) {
    return Assembler().push(sign(key, fields, options)).push_bool(true).script();
}

Script make_ptlc_witness(const SigningKey& key, const Scalar& tweak, const SigFields& fields,
                         const SignOptions& options) {
    // The flags are there even when no field is left out, unlike in other signatures.
    std::string signature =
        sign_with_scalar(key.scalar() + tweak, message_to_sign(fields, options));
    signature += static_cast<char>(options.sigflags);
    return Assembler().push(signature).push_bool(true).script();
}

Script make_ptlc_refund_witness(const SigningKey& key, const SigFields& fields,
                                const SignOptions& options) {
    return Assembler().push(sign(key, fields, options)).push_bool(false).script();
}

}  // namespace netaio::tapescript

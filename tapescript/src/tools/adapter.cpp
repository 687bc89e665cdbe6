#include <netaio/tapescript/adapter.hpp>
#include <netaio/tapescript/single_sig.hpp>
#include <optional>
#include <stdexcept>

#include "adapter_witness.hpp"
#include "assembler.hpp"
#include "schnorr.hpp"

namespace netaio::tapescript {

using tools::Assembler;

AdapterLocks make_adapter_locks_pub(const PublicKey& key, const Point& tweak_point,
                                    std::uint8_t sigflags) {
    Assembler check;
    check.op(Op::get_message, {sigflags})
        .push(tweak_point.bytes())
        .push(key.bytes())
        .op(Op::check_adapter_sig);
    return {check.script(), make_single_sig_lock(key, sigflags)};
}

AdapterLocksWithTweak make_adapter_locks_prv(const PublicKey& key, const Scalar& tweak,
                                             std::uint8_t sigflags) {
    const Point point = Scalar::clamped(tweak.reveal()).point();
    AdapterLocks locks = make_adapter_locks_pub(key, point, sigflags);
    return {std::move(locks.check), make_adapter_decrypt(tweak), std::move(locks.lock)};
}

Script make_adapter_lock_pub(const PublicKey& key, const Point& tweak_point,
                             std::uint8_t sigflags) {
    const AdapterLocks locks = make_adapter_locks_pub(key, tweak_point, sigflags);
    constexpr const char *nonce = "R", *encrypted = "sa", *tweak = "t";
    Assembler lock;
    lock.store(nonce).store(encrypted).store(tweak);
    lock.load(encrypted).load(nonce).code(locks.check.code).op(Op::verify);
    lock.load(encrypted).load(nonce).load(tweak).op(Op::decrypt_adapter_sig).op(Op::concat);
    lock.code(locks.lock.code);
    return lock.script();
}

Script make_adapter_lock_prv(const PublicKey& key, const Scalar& tweak, std::uint8_t sigflags) {
    return make_adapter_lock_pub(key, Scalar::clamped(tweak.reveal()).point(), sigflags);
}

Script make_adapter_witness(const SigningKey& key, const Point& tweak_point,
                            const SigFields& fields, const SignOptions& options) {
    if (fields.empty()) {
        throw std::invalid_argument("an adapter signature needs at least one field to sign");
    }
    const std::string message = message_to_sign(fields, options);
    const Scalar nonce = tools::nonce_for(key.reveal_seed(), message);
    const Point nonce_point = nonce.point();
    const Scalar factor = tools::challenge(nonce_point + tweak_point, key.public_key(), message);
    const Scalar encrypted = nonce + factor * key.scalar();
    return Assembler().push(encrypted.reveal()).push(nonce_point.bytes()).script();
}

Script make_adapter_decrypt(const Scalar& tweak) {
    return Assembler()
        .push(Scalar::clamped(tweak.reveal()).reveal())
        .op(Op::decrypt_adapter_sig)
        .script();
}

std::string decrypt_adapter(const Script& adapter_witness, const Scalar& tweak) {
    const auto parts = tools::read_adapter_witness(adapter_witness.code);
    const Scalar clamped = Scalar::clamped(tweak.reveal());
    const Point nonce = parts.nonce + clamped.point();
    return std::string(nonce.bytes()).append((parts.encrypted + clamped).reveal());
}

}  // namespace netaio::tapescript

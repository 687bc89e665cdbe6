#include <algorithm>
#include <netaio/tapescript/single_sig.hpp>
#include <set>
#include <stdexcept>

#include "assembler.hpp"
#include "hash.hpp"

namespace netaio::tapescript {

using tools::Assembler;

Script make_single_sig_lock(const PublicKey& key, std::uint8_t sigflags) {
    return Assembler().push(key.bytes()).op(Op::check_sig, {sigflags}).script();
}

Script make_single_sig_lock2(const PublicKey& key, std::uint8_t sigflags) {
    constexpr std::uint8_t hash_size = 20;
    return Assembler()
        .op(Op::dup)
        .op(Op::shake256, {hash_size})
        .push(tools::shake256(key.bytes(), hash_size))
        .op(Op::equal_verify)
        .op(Op::check_sig, {sigflags})
        .script();
}

Script make_single_sig_witness(const SigningKey& key, const SigFields& fields,
                               const SignOptions& options) {
    return Assembler().push(sign(key, fields, options)).script();
}

Script make_single_sig_witness2(const SigningKey& key, const SigFields& fields,
                                const SignOptions& options) {
    return Assembler().push(sign(key, fields, options)).push(key.public_key().bytes()).script();
}

Script make_multisig_lock(std::span<const PublicKey> keys, std::size_t quorum,
                          std::uint8_t sigflags) {
    constexpr std::size_t most = 255;
    const std::set<PublicKey> different(keys.begin(), keys.end());
    if (quorum > different.size()) {
        throw std::invalid_argument("a multisig lock needs as many different keys as signatures");
    }
    if (keys.size() > most) throw std::invalid_argument("a multisig lock takes at most 255 keys");
    Assembler lock;
    for (const PublicKey& key : keys) {
        lock.push(key.bytes());
    }
    lock.op(Op::check_multisig,
            {sigflags, static_cast<std::uint8_t>(quorum), static_cast<std::uint8_t>(keys.size())});
    return lock.script();
}

}  // namespace netaio::tapescript

#include <netaio/tapescript/script_hash.hpp>
#include <stdexcept>

#include "assembler.hpp"
#include "hash.hpp"

namespace netaio::tapescript {

using tools::Assembler;

Script make_scripthash_lock(const Script& script, std::uint8_t hash_size) {
    if (hash_size == 0) throw std::invalid_argument("a hash of no bytes commits to nothing");
    return Assembler()
        .op(Op::dup)
        .op(Op::shake256, {hash_size})
        .push(tools::shake256(script.code, hash_size))
        .op(Op::equal_verify)
        .op(Op::eval)
        .script();
}

Script make_scripthash_witness(const Script& script) {
    return Assembler().push(script.code).script();
}

}  // namespace netaio::tapescript

#include "adapter_witness.hpp"

#include <stdexcept>

#include "assembler.hpp"

namespace netaio::tapescript::tools {

AdapterWitness read_adapter_witness(std::string_view code) {
    constexpr std::size_t item = 32;
    constexpr std::size_t second = 2 + item;
    if (code.size() == 2 * second) {
        const Scalar encrypted(code.substr(2, item));
        const Point nonce(code.substr(second + 2, item));
        if (Assembler().push(encrypted.reveal()).push(nonce.bytes()).code() == code) {
            return {encrypted, nonce};
        }
    }
    throw std::invalid_argument("not an adapter witness: that pushes 32 bytes twice");
}

}  // namespace netaio::tapescript::tools

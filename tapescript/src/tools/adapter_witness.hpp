#pragma once

#include <netaio/tapescript/keys.hpp>
#include <string_view>

namespace netaio::tapescript::tools {

/// What make_adapter_witness() pushes.
struct AdapterWitness {
    Scalar encrypted;
    Point nonce;
};

/// Throws std::invalid_argument for other code.
AdapterWitness read_adapter_witness(std::string_view code);

}  // namespace netaio::tapescript::tools

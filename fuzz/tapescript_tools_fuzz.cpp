#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <netaio/tapescript/tools.hpp>
#include <stdexcept>

using namespace netaio::tapescript;

// Script trees and certificates from anywhere: what unpacks keeps its meaning when packed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto tree = ScriptTree::unpack(bytes)) {
        const std::string packed = tree->pack();
        const auto again = ScriptTree::unpack(packed);
        if (!again || again->root() != tree->root() || again->pack() != packed) std::abort();
        try {
            if (tree->unlocking_scripts().empty()) std::abort();
        } catch (const std::logic_error&) {  // an empty leaf
        }
    }
    if (const auto certificate = Certificate::unpack(bytes)) {
        const std::string packed = certificate->pack();
        const auto again = Certificate::unpack(packed);
        if (!again || again->pack() != packed) std::abort();
    }
    return 0;
}

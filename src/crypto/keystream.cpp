#include "keystream.hpp"

#include <algorithm>

#include "../wire/endian.hpp"
#include "memory.hpp"
#include "sha256.hpp"

namespace netaio::crypto {

void xor_keystream(std::initializer_list<ByteView> prefix, std::span<char> data) noexcept {
    CounterHash blocks(prefix);
    while (data.size() >= Digest::size) {
        char* at = data.data();
        for (const std::uint32_t word : blocks.next()) {
            at = wire::put_u32(at, wire::get_u32(at) ^ word);
        }
        data = data.subspan(Digest::size);
    }
    if (!data.empty()) {
        char last[Digest::size];
        char* end = last;
        for (const std::uint32_t word : blocks.next()) {
            end = wire::put_u32(end, word);
        }
        std::ranges::transform(data, last, data.begin(),
                               [](char a, char b) { return static_cast<char>(a ^ b); });
        wipe(last);
    }
}

}  // namespace netaio::crypto

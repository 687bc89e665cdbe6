// Whatever unpacks must pack, and unpack again to an equal value; and the scanner of auth fields
// must agree with unpack().

#include <cstdint>
#include <cstdlib>
#include <netaio/packify.hpp>
#include <utility>
#include <vector>
#include <wire/packify_scan.hpp>

namespace {

using netaio::ByteView;
using netaio::Dict;
using netaio::Value;

void require(bool condition) {
    if (!condition) std::abort();
}

void check_round_trip(const Value& value) {
    const auto packed = netaio::pack(value);
    require(packed.has_value());
    const auto again = netaio::unpack(*packed);
    require(again && *again == value);
    require(*netaio::pack(*again) == *packed);
}

bool is_dict_of_text_keys(const netaio::Result<Value>& value) {
    const Dict* dict = value ? value->as_dict() : nullptr;
    if (dict == nullptr) return false;
    for (const auto& [key, content] : *dict) {
        if (!key.as_str()) return false;
    }
    return true;
}

void check_scan(ByteView packed, const netaio::Result<Value>& value) {
    std::vector<Dict::Entry> entries;
    const auto error = netaio::wire::scan_dict(packed, [&](ByteView key, ByteView content) {
        const auto unpacked = netaio::unpack(content);
        require(unpacked.has_value());
        entries.push_back({key.str(), *unpacked});
    });
    require(!error == is_dict_of_text_keys(value));
    require(error || Value(Dict(std::move(entries))) == *value);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView packed(std::string_view(reinterpret_cast<const char*>(data), size));
    const auto value = netaio::unpack(packed);
    if (value) check_round_trip(*value);
    check_scan(packed, value);
    return 0;
}

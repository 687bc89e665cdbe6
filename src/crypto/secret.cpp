#include <algorithm>
#include <netaio/secret.hpp>
#include <utility>

#include "memory.hpp"

namespace netaio {
namespace {

// A short string is copied when it is moved, and what stays behind is only marked as empty: so it
// is wiped up to its capacity.
void wipe_all(std::string& bytes) noexcept {
    bytes.resize(bytes.capacity());
    crypto::wipe(bytes.data(), bytes.size());
    bytes.clear();
}

}  // namespace

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
    wipe_all(other.bytes_);
}

Secret& Secret::operator=(Secret other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
}

Secret::~Secret() {
    wipe_all(bytes_);
}

bool NamedSecret::is_name(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_';
    });
}

}  // namespace netaio

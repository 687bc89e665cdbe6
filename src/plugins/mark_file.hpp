#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace netaio::plugins {

/// A number that lives in a file between a clean stop and the next start. Both throw netaio::Error
/// with a sentence.

/// Takes the number out of the file, which is gone then, even after the machine loses power;
/// nothing where there is no file. Makes sure that another can be written.
std::optional<std::uint32_t> take_mark(const std::string& path);
/// Writes it, as a whole or not at all.
void leave_mark(const std::string& path, std::uint32_t mark);

}  // namespace netaio::plugins

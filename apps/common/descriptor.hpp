#pragma once

#include <string_view>

namespace netaio::app {

/// Opens a file to read, without waiting for somebody who writes to it: a pipe without one has
/// nothing. Gives -1 and errno where it cannot.
int open_at_once(const char* path) noexcept;

/// Writes all of it, however long that takes. Gives errno, or 0.
int write_all(int descriptor, std::string_view bytes) noexcept;

}  // namespace netaio::app

#pragma once

#include <netaio/secret.hpp>
#include <string>

namespace netaio::app {

/// Says on stderr when others on the machine may read a file, which is open, of a key or secret.
void warn_if_readable_by_others(int file, const std::string& what, const std::string& path);

/// Reads the 32 bytes of a file that write_seed() made, or 64 hexadecimal digits that stand for
/// them, and warns on stderr when others on the machine may read it. Throws Failure that never
/// shows them.
Secret read_seed(const std::string& path);

/// Makes a file of 32 random bytes that only its owner may read. Throws Failure, and leaves what is
/// there as it was, when there is a file already, unless it is to be replaced, or the file cannot
/// be made.
void write_seed(const std::string& path, bool replace);

/// Reads a seed as read_seed() does, and makes it before where there is none. Throws Failure.
Secret kept_or_new_seed(const std::string& path);

}  // namespace netaio::app

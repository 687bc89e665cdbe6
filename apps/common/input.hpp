#pragma once

#include <cstddef>
#include <netaio/bytes.hpp>
#include <netaio/secret.hpp>
#include <string>
#include <vector>

namespace netaio::app {

/// Content as given on the command line: the text itself, @FILE, or - for standard input. Throws
/// Failure when it can't be read, or when it and the uri are over `payload_max` bytes.
std::string read_content(const std::string& source, ByteView uri, std::size_t payload_max);

/// A secret as given to `option`: @FILE (one line end at its end is dropped), env:NAME, or the text
/// itself, which earns a warning on stderr. Throws Failure that never shows the secret.
Secret read_secret(const std::string& option, const std::string& source);

/// The name of one of them; `default` where it has none.
std::string name_of_secret(const std::string& given);

/// Secrets as given to an option that may be repeated: each as for read_secret(), by the name
/// `default`, or NAME=@FILE or NAME=env:NAME. A named one that is empty is left out, as a place for
/// one to come; not all. Throws Failure that never shows a secret.
std::vector<NamedSecret> read_secrets(const std::string& option,
                                      const std::vector<std::string>& given);

}  // namespace netaio::app

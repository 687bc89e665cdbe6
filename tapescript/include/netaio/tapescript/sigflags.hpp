#pragma once

#include <cstdint>
#include <string_view>

namespace netaio::tapescript {

/// Which signature fields code lets signatures leave out, a bit for each (1 is `sigfield1`): all
/// flags of the operations in it that check signatures, or take a message for others that do, also
/// in blocks and definitions, whether they are run or not. Nothing of what it runs beside itself,
/// as OP_EVAL and OP_TAPROOT do: see RunOptions::signed_fields.
std::uint8_t allowed_sigflags(std::string_view code);

}  // namespace netaio::tapescript

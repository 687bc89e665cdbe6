#pragma once

#include <netaio/chat/talk.hpp>
#include <netaio/errc.hpp>
#include <string>

/// Lines of conversations as the vault has them.
namespace netaio::chat {

std::string line_bytes(const Line& line);
/// Errc::malformed for anything else.
Result<Line> line_from(ByteView bytes, std::uint64_t number);

}  // namespace netaio::chat

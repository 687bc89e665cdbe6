#pragma once

#include <netaio/errc.hpp>
#include <string>

namespace netaio::chat_app {

/// What an Error of the chat says: its sentence says what to do, and the code behind it, which is
/// for programs, would say something else.
std::string error_sentence(const Error& error);

}  // namespace netaio::chat_app

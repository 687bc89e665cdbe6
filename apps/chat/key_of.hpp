#pragma once

#include <netaio/chat/keys.hpp>
#include <string>

namespace netaio::chat_app {

/// The folder where chats are kept unless another is named: netaio-chat below $XDG_DATA_HOME, or
/// below ~/.local/share.
std::string default_folder();

/// Makes a folder that its owner alone may enter, with those above it. Throws app::Failure.
void make_folder(const std::string& folder);

/// The identity of a key file, which is made when it is missing. The passphrase is the first line
/// of `passphrase_file`; without one it is asked for where there is a terminal. Throws Error or
/// app::Failure with a sentence.
chat::Identity identity_of(const std::string& file, const std::string& passphrase_file);

}  // namespace netaio::chat_app

#include "link.hpp"

#include <exception>

namespace netaio::chat_app {

bool hand_in(const ChatCalls& chat, const chat::PublicKey& whom,
             const Result<chat::PrekeyBundle>& came, const Log& log) {
    if (!came || came->identity != whom) return false;
    try {
        return !chat.bundle_came(*came);
    } catch (const std::exception& failure) {
        log(LogLevel::error, std::string("prekeys cannot be taken: ") + failure.what());
        return false;
    }
}

}  // namespace netaio::chat_app

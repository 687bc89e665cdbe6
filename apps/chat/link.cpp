#include "link.hpp"

#include <exception>

namespace netaio::chat_app {

bool noted(const Log& log, const std::function<void()>& work) try {
    work();
    return true;
} catch (const std::exception& failure) {
    log(LogLevel::error,
        std::string("what was carried is not noted, and is tried again: ") + failure.what());
    return false;
}

bool hand_in(const ChatCalls& chat, const chat::PublicKey& whom,
             const Result<chat::PrekeyBundle>& came, const Log& log) {
    if (!came || came->identity != whom) return false;
    bool taken = false;
    return noted(log, [&] { taken = !chat.bundle_came(*came); }) && taken;
}

}  // namespace netaio::chat_app

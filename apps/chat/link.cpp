#include "link.hpp"

#include <exception>

#include "error_sentence.hpp"

namespace netaio::chat_app {

bool noted(const Log& log, const std::function<void()>& work) {
    std::string why;
    try {
        work();
        return true;
    } catch (const Error& failure) {
        why = error_sentence(failure);
    } catch (const std::exception& failure) {
        why = failure.what();
    }
    log(LogLevel::error, "what was carried is not noted, and is tried again: " + why);
    return false;
}

bool hand_in(const ChatCalls& chat, const chat::PublicKey& whom,
             const Result<chat::PrekeyBundle>& came, const Log& log) {
    if (!came || came->identity != whom) return false;
    bool taken = false;
    return noted(log, [&] { taken = !chat.bundle_came(*came); }) && taken;
}

}  // namespace netaio::chat_app

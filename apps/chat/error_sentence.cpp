#include "error_sentence.hpp"

namespace netaio::chat_app {

std::string error_sentence(const Error& error) {
    std::string sentence = error.what();
    const std::string code = ": " + error.code().what();
    if (sentence.ends_with(code)) sentence.resize(sentence.size() - code.size());
    return sentence;
}

}  // namespace netaio::chat_app

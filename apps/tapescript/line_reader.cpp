#include "line_reader.hpp"

#include <unistd.h>

#include <iostream>

#include "output.hpp"

#ifdef TAPESCRIPT_HAS_LIBEDIT
#include <histedit.h>
#endif

namespace netaio::app {

#ifdef TAPESCRIPT_HAS_LIBEDIT
namespace {

// The prompt is asked for while a line is read; there is one terminal.
std::string current_prompt;

const char* prompt_of(EditLine*) {
    return current_prompt.c_str();
}

}  // namespace

struct LineReader::Editor {
    Editor() : line(el_init("tapescript", stdin, stdout, stderr)), past(history_init()) {
        constexpr int lines_kept = 1000;
        history(past, &event, H_SETSIZE, lines_kept);
        el_set(line, EL_PROMPT, prompt_of);
        el_set(line, EL_EDITOR, "emacs");
        el_set(line, EL_HIST, history, past);
        el_set(line, EL_SIGNAL, 1);
        el_source(line, nullptr);
    }
    ~Editor() {
        el_end(line);
        history_end(past);
    }
    Editor(const Editor&) = delete;
    Editor& operator=(const Editor&) = delete;

    std::optional<std::string> read(const std::string& prompt) {
        current_prompt = prompt;
        int size = 0;
        const char* text = el_gets(line, &size);
        if (!text || size <= 0) return std::nullopt;
        std::string read_line(text, static_cast<std::size_t>(size));
        if (read_line.ends_with('\n')) read_line.pop_back();
        if (!read_line.empty()) history(past, &event, H_ENTER, read_line.c_str());
        return read_line;
    }

    EditLine* line;
    History* past;
    HistEvent event{};
};
#else
struct LineReader::Editor {
    static std::optional<std::string> read(const std::string& prompt) {
        write_text(prompt);
        std::string line;
        if (!std::getline(std::cin, line)) return std::nullopt;
        return line;
    }
};
#endif

LineReader::LineReader() : on_terminal_(::isatty(STDIN_FILENO) != 0) {
    if (on_terminal_) editor_ = std::make_unique<Editor>();
}

LineReader::~LineReader() = default;

std::optional<std::string> LineReader::read(const std::string& prompt) {
    if (editor_) return editor_->read(prompt);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
}

}  // namespace netaio::app

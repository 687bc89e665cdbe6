#include "screen.hpp"

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <iterator>
#include <netaio/chat/shown_text.hpp>
#include <string_view>

#include "exit_code.hpp"
#include "terminal_guard.hpp"

namespace netaio::chat_app {
namespace {

constexpr int paste_begins = KEY_MAX + 1;
constexpr int paste_ends = KEY_MAX + 2;
constexpr std::size_t text_max = 4'096;  // characters taken as one KeyPress
constexpr const char* marked_pastes = "\033[?2004h";
constexpr const char* unmarked_pastes = "\033[?2004l";

struct Look {
    Style style;
    attr_t attributes;
    short colour;  // -1 for the terminal's own
};

constexpr Look looks[] = {
    {Style::plain, A_NORMAL, -1},
    {Style::time, A_DIM, -1},
    {Style::name, A_BOLD, COLOR_CYAN},
    {Style::own_name, A_BOLD, COLOR_GREEN},
    {Style::verified, A_BOLD, COLOR_GREEN},
    {Style::mark, A_DIM, -1},
    {Style::mark_read, A_BOLD, COLOR_GREEN},
    {Style::day, A_DIM | A_UNDERLINE, -1},
    {Style::event, A_DIM, COLOR_CYAN},
    {Style::remark, A_NORMAL, COLOR_YELLOW},
    {Style::warning, A_BOLD, COLOR_RED},
    {Style::heading, A_BOLD, -1},
    {Style::entry, A_NORMAL, -1},
    {Style::entry_away, A_DIM, -1},
    {Style::entry_unread, A_BOLD, COLOR_YELLOW},
    {Style::entry_chosen, A_REVERSE, -1},
    {Style::frame, A_DIM, -1},
    {Style::status, A_REVERSE, -1},
};
static_assert(std::size(looks) == style_count);

[[noreturn]] void no_terminal(const std::string& why) {
    throw app::Failure(app::ExitCode::other, why + ": use --plain");
}

bool wants_no_colour() {
    const char* set = std::getenv("NO_COLOR");
    return set && *set != '\0';
}

// What is sent to the terminal for it, without the pauses between.
std::string sent_for(const char* capability) {
    const char* found = ::tigetstr(capability);
    if (!found || reinterpret_cast<std::intptr_t>(found) == -1) return {};
    std::string bytes = found;
    for (std::size_t at = bytes.find("$<"); at != bytes.npos; at = bytes.find("$<", at)) {
        const std::size_t end = bytes.find('>', at);
        bytes.erase(at, end == bytes.npos ? end : end + 1 - at);
    }
    return bytes;
}

std::string bytes_of(wchar_t character) {
    char bytes[MB_LEN_MAX];
    std::mbstate_t state{};
    const std::size_t size = std::wcrtomb(bytes, character, &state);
    return size == static_cast<std::size_t>(-1) ? std::string() : std::string(bytes, size);
}

// What terminals draw as one differs between them, and with it where the cursor is then; without
// that, emoji are drawn one by one, and all of them agree.
bool joins_emoji(wchar_t character) noexcept {
    return character == L'\u200d' || character == L'\ufe0f' ||
           (character >= L'\U0001f3fb' && character <= L'\U0001f3ff');
}

bool is_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// What is drawn of a cluster; `?` where the terminal's locale does not have it.
std::wstring drawn(const chat::Cluster& cluster, bool utf8) {
    if (is_ascii(cluster.bytes)) return {cluster.bytes.begin(), cluster.bytes.end()};
    std::wstring text;
    int width = 0;
    std::mbstate_t state{};
    std::string_view rest = cluster.bytes;
    while (utf8 && !rest.empty()) {
        wchar_t character = 0;
        const std::size_t size = std::mbrtowc(&character, rest.data(), rest.size(), &state);
        if (size == 0 || size > rest.size()) break;
        rest.remove_prefix(size);
        if (!text.empty() && joins_emoji(character)) continue;
        const int taken = ::wcwidth(character);
        if (taken < 0) break;
        width += taken;
        text += character;
    }
    const bool fits = static_cast<std::size_t>(width) <= cluster.cells;
    if (utf8 && rest.empty() && fits) return text;
    if (cluster.bytes == "…") return L"~";
    return std::wstring(cluster.cells, L'?');
}

std::optional<KeyPress> key_of(KeyPress::Kind kind) {
    return KeyPress{kind};
}

std::optional<KeyPress> function_key(int code) {
    switch (code) {
        case KEY_ENTER: return key_of(KeyPress::Kind::enter);
        case KEY_LEFT: return key_of(KeyPress::Kind::left);
        case KEY_RIGHT: return key_of(KeyPress::Kind::right);
        case KEY_HOME: return key_of(KeyPress::Kind::home);
        case KEY_END: return key_of(KeyPress::Kind::end);
        case KEY_UP: return key_of(KeyPress::Kind::up);
        case KEY_DOWN: return key_of(KeyPress::Kind::down);
        case KEY_PPAGE: return key_of(KeyPress::Kind::page_up);
        case KEY_NPAGE: return key_of(KeyPress::Kind::page_down);
        case KEY_BACKSPACE: return key_of(KeyPress::Kind::backspace);
        case KEY_DC: return key_of(KeyPress::Kind::erase);
        case KEY_RESIZE: return key_of(KeyPress::Kind::redraw);
        default: return std::nullopt;
    }
}

constexpr wchar_t with_control(char letter) noexcept {
    return static_cast<wchar_t>(letter - '@');
}

std::optional<KeyPress> control_key(wchar_t character) {
    switch (character) {
        case L'\r':
        case L'\n': return key_of(KeyPress::Kind::enter);
        case L'\t': return key_of(KeyPress::Kind::tab);
        case 0x7f:
        case L'\b': return key_of(KeyPress::Kind::backspace);
        case with_control('A'): return key_of(KeyPress::Kind::home);
        case with_control('B'): return key_of(KeyPress::Kind::left);
        case with_control('E'): return key_of(KeyPress::Kind::end);
        case with_control('F'): return key_of(KeyPress::Kind::right);
        case with_control('K'): return key_of(KeyPress::Kind::erase_to_end);
        case with_control('N'): return key_of(KeyPress::Kind::down);
        case with_control('P'): return key_of(KeyPress::Kind::up);
        case with_control('U'): return key_of(KeyPress::Kind::erase_to_start);
        case with_control('W'): return key_of(KeyPress::Kind::erase_word);
        case with_control('C'):
        case with_control('D'): return key_of(KeyPress::Kind::quit);
        default: return std::nullopt;
    }
}

}  // namespace

class Screen::Terminal {
public:
    Terminal();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    bool is_utf8() const noexcept { return utf8_; }
    void draw(const Page& page);
    std::optional<KeyPress> read();

private:
    void set_looks();
    void put(int row, const Row& spans);
    std::optional<KeyPress> key_of_input(int kind, wint_t input);
    std::optional<KeyPress> key_of_character(wchar_t character);
    std::string more_text(std::string text);
    void take_size();
    void send(const char* bytes);
    void suspend();

    TerminalGuard guard_;
    SCREEN* screen_;
    bool utf8_ = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
    bool in_paste_ = false;
    attr_t attributes_[style_count] = {};
    short pairs_[style_count] = {};
};

Screen::Terminal::Terminal() {
    if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO)) {
        no_terminal("standard input and output are no terminal");
    }
    const char* name = std::getenv("TERM");
    const std::string which = name ? name : "";
    ::set_escdelay(25);
    screen_ = ::newterm(nullptr, stdout, stdin);
    if (!screen_) no_terminal("nothing is known of a terminal '" + which + "' (TERM)");
    if (sent_for("cup").empty()) {
        ::endwin();
        ::delscreen(screen_);
        no_terminal("a terminal '" + which + "' (TERM) has no places to write to");
    }
    ::raw();
    ::noecho();
    ::nonl();
    ::keypad(stdscr, TRUE);
    ::nodelay(stdscr, TRUE);
    ::define_key("\033[200~", paste_begins);
    ::define_key("\033[201~", paste_ends);
    guard_.set_farewell(unmarked_pastes + sent_for("sgr0") + sent_for("rmkx") + sent_for("cnorm") +
                        sent_for("rmcup"));
    set_looks();
    send(marked_pastes);
}

Screen::Terminal::~Terminal() {
    send(unmarked_pastes);
    ::endwin();
    ::delscreen(screen_);
}

void Screen::Terminal::set_looks() {
    const bool in_colour = ::has_colors() && !wants_no_colour() && ::start_color() == OK &&
                           ::use_default_colors() == OK;
    short pair = 0;
    for (const Look& look : looks) {
        const auto i = static_cast<std::size_t>(look.style);
        attributes_[i] = look.attributes;
        if (!in_colour || look.colour < 0) continue;
        ::init_pair(++pair, look.colour, -1);
        pairs_[i] = pair;
    }
}

void Screen::Terminal::send(const char* bytes) {
    std::fputs(bytes, stdout);
    std::fflush(stdout);
}

void Screen::Terminal::put(int row, const Row& spans) {
    int column = 0;
    for (const Span& span : spans) {
        const auto style = static_cast<std::size_t>(span.style);
        ::attr_set(attributes_[style], pairs_[style], nullptr);
        if (is_ascii(span.text)) {
            ::mvaddnstr(row, column, span.text.c_str(), COLS - column);
            column += static_cast<int>(span.text.size());
            continue;
        }
        // Each at its place, which may be more cells than are drawn of it.
        for (ByteView rest = span.text; !rest.empty();) {
            const chat::Cluster cluster = chat::take_cluster(rest);
            const int end = column + static_cast<int>(cluster.cells);
            if (end > COLS) return;
            ::mvaddnstr(row, column, std::string(cluster.cells, ' ').c_str(), -1);
            const std::wstring text = drawn(cluster, utf8_);
            ::mvaddnwstr(row, column, text.c_str(), static_cast<int>(text.size()));
            column = end;
        }
    }
}

void Screen::Terminal::draw(const Page& page) {
    ::werase(stdscr);
    for (std::size_t i = 0; i < page.rows.size(); ++i) put(static_cast<int>(i), page.rows[i]);
    ::attr_set(A_NORMAL, 0, nullptr);
    ::curs_set(page.cursor ? 1 : 0);
    if (page.cursor) {
        ::move(static_cast<int>(page.cursor->rows), static_cast<int>(page.cursor->columns));
    }
    ::refresh();
}

// Whoever else takes SIGWINCH, the size is known here.
void Screen::Terminal::take_size() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return;
    if (size.ws_row == 0 || size.ws_col == 0) return;
    if (size.ws_row != LINES || size.ws_col != COLS) ::resizeterm(size.ws_row, size.ws_col);
}

std::optional<KeyPress> Screen::Terminal::read() {
    take_size();
    for (;;) {
        wint_t input = 0;
        const int kind = ::get_wch(&input);
        if (kind == ERR) break;
        if (auto key = key_of_input(kind, input)) return key;
    }
    pollfd standard_input{STDIN_FILENO, 0, 0};
    const bool is_gone = ::poll(&standard_input, 1, 0) > 0;
    return is_gone ? key_of(KeyPress::Kind::quit) : std::nullopt;
}

std::optional<KeyPress> Screen::Terminal::key_of_input(int kind, wint_t input) {
    if (kind != KEY_CODE_YES) return key_of_character(static_cast<wchar_t>(input));
    const int code = static_cast<int>(input);
    // Whatever a terminal did not end is over with the next key.
    in_paste_ = code == paste_begins || (in_paste_ && code == KEY_RESIZE);
    return function_key(code);
}

std::optional<KeyPress> Screen::Terminal::key_of_character(wchar_t character) {
    const bool is_control = character < 0x20 || character == 0x7f;
    const bool is_line_end = character == L'\r' || character == L'\n';
    if (in_paste_ && is_line_end) return KeyPress{KeyPress::Kind::text, "\n"};
    if (in_paste_ && character == L'\t') return KeyPress{KeyPress::Kind::text, "\t"};
    if (!is_control) return KeyPress{KeyPress::Kind::text, more_text(bytes_of(character))};
    if (character == with_control('Z')) suspend();
    if (character == with_control('L')) ::clearok(curscr, TRUE);
    if (character == with_control('Z') || character == with_control('L')) {
        return key_of(KeyPress::Kind::redraw);
    }
    return control_key(character);
}

// What follows at once, as when it is pasted.
std::string Screen::Terminal::more_text(std::string text) {
    for (std::size_t count = 1; count < text_max; ++count) {
        wint_t input = 0;
        const int kind = ::get_wch(&input);
        if (kind == ERR) break;
        const auto character = static_cast<wchar_t>(input);
        if (kind == KEY_CODE_YES) {
            ::ungetch(static_cast<int>(input));
            break;
        }
        if (character < 0x20 || character == 0x7f) {
            ::unget_wch(character);
            break;
        }
        text += bytes_of(character);
    }
    return text;
}

void Screen::Terminal::suspend() {
    send(unmarked_pastes);
    ::endwin();
    struct sigaction action{};
    struct sigaction before{};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGTSTP, &action, &before);
    // As the terminal does when it takes the key itself: all that this job consists of.
    ::kill(0, SIGTSTP);
    ::sigaction(SIGTSTP, &before, nullptr);
    take_size();
    ::refresh();
    send(marked_pastes);
}

Screen::Screen() : terminal_(std::make_unique<Terminal>()) {}
Screen::~Screen() = default;

Cells Screen::size() const noexcept {
    return {static_cast<std::size_t>(LINES), static_cast<std::size_t>(COLS)};
}

bool Screen::is_utf8() const noexcept {
    return terminal_->is_utf8();
}

void Screen::draw(const Page& page) {
    terminal_->draw(page);
}

std::optional<KeyPress> Screen::read() {
    return terminal_->read();
}

void Screen::beep() noexcept {
    ::beep();
}

}  // namespace netaio::chat_app

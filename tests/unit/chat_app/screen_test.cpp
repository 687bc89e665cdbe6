#include "screen.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "exit_code.hpp"

namespace netaio::chat_app {
namespace {

constexpr auto leaves_page = "\033[?1049l";

// A terminal, and a process with a screen upon it.
class OnTerminal {
public:
    explicit OnTerminal(const std::function<void(Screen&)>& run, const char* type = "xterm") {
        master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
        ::grantpt(master_);
        ::unlockpt(master_);
        slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
        set_size(10, 40);
        child_ = ::fork();
        if (child_ == 0) be_child(run, type);
    }

    ~OnTerminal() {
        if (child_ > 0) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
        }
        ::close(slave_);
        ::close(master_);
    }

    void set_size(unsigned short rows, unsigned short columns) const {
        const winsize size{rows, columns, 0, 0};
        ::ioctl(slave_, TIOCSWINSZ, &size);
    }

    void type(std::string_view keys) const {
        const auto written = ::write(master_, keys.data(), keys.size());
        EXPECT_EQ(written, static_cast<ssize_t>(keys.size()));
    }

    // Whether the process writes that, some time.
    bool sees(std::string_view text) {
        constexpr int patience = 10'000;
        pollfd readable{master_, POLLIN, 0};
        while (written_.find(text) == written_.npos) {
            char bytes[4096];
            if (::poll(&readable, 1, patience) != 1) return false;
            const auto size = ::read(master_, bytes, sizeof bytes);
            if (size <= 0) return false;
            written_.append(bytes, static_cast<std::size_t>(size));
        }
        return true;
    }

    void kill(int signal) const { ::kill(child_, signal); }

    int wait() {
        int status = 0;
        ::waitpid(child_, &status, 0);
        child_ = 0;
        return status;
    }

    bool echoes() const {
        termios modes{};
        ::tcgetattr(slave_, &modes);
        return (modes.c_lflag & ECHO) != 0 && (modes.c_lflag & ICANON) != 0;
    }

private:
    [[noreturn]] void be_child(const std::function<void(Screen&)>& run, const char* type) const {
        for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::dup2(slave_, stream);
        constexpr rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        ::setenv("TERM", type, 1);
        ::unsetenv("LINES");
        ::unsetenv("COLUMNS");
        std::setlocale(LC_CTYPE, "C.UTF-8");
        int code = 0;
        try {
            Screen screen;
            run(screen);
        } catch (const app::Failure& failure) {
            code = failure.code();
        }
        ::_exit(code);
    }

    int master_ = -1;
    int slave_ = -1;
    pid_t child_ = -1;
    std::string written_;
};

Page page_saying(const std::string& text) {
    return {.rows = {{{text, Style::plain}}}, .cursor = Cells{0, 0}};
}

KeyPress next_key(Screen& screen) {
    for (;;) {
        if (auto key = screen.read()) return *key;
        pollfd readable{STDIN_FILENO, POLLIN, 0};
        ::poll(&readable, 1, 100);
    }
}

// Draws what each key was, until it is to end.
void tell_keys(Screen& screen) {
    screen.draw(page_saying("ready"));
    for (KeyPress key{KeyPress::Kind::tab}; key.kind != KeyPress::Kind::quit;) {
        key = next_key(screen);
        const Cells size = screen.size();
        std::string text;
        for (const char c : key.text) text += c == '\n' ? std::string("<end>") : std::string(1, c);
        screen.draw(page_saying("key" + std::to_string(static_cast<int>(key.kind)) + ":" + text +
                                ":" + std::to_string(size.columns)));
    }
}

std::string told(KeyPress::Kind kind, const std::string& text = "", int columns = 40) {
    return std::to_string(static_cast<int>(kind)) + ":" + text + ":" + std::to_string(columns);
}

TEST(Screen, DrawsAndGivesTheTerminalBack) {
    OnTerminal terminal([](Screen& screen) {
        EXPECT_TRUE(screen.is_utf8());
        screen.draw(page_saying("hello 日本"));
    });
    EXPECT_TRUE(terminal.sees("hello 日本"));
    EXPECT_TRUE(terminal.sees(leaves_page));
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_TRUE(terminal.echoes());
}

TEST(Screen, ReadsKeys) {
    OnTerminal terminal(tell_keys);
    EXPECT_TRUE(terminal.sees("ready"));
    EXPECT_FALSE(terminal.echoes());
    terminal.type("日本");
    EXPECT_TRUE(terminal.sees("日本:40"));
    terminal.type("\033[200~one\r");
    EXPECT_TRUE(terminal.sees("<end>"));
    terminal.type("two\033[201~\r");
    EXPECT_TRUE(terminal.sees("two"));
    terminal.type("\003");
    EXPECT_TRUE(terminal.sees(leaves_page));
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Screen, KnowsItsSize) {
    OnTerminal terminal(tell_keys);
    EXPECT_TRUE(terminal.sees("ready"));
    terminal.set_size(12, 77);
    EXPECT_TRUE(terminal.sees(told(KeyPress::Kind::redraw, "", 77)));
}

TEST(Screen, GivesTheTerminalBackWhereTheProgramIsKilled) {
    for (const int signal : {SIGTERM, SIGABRT}) {
        OnTerminal terminal(tell_keys);
        EXPECT_TRUE(terminal.sees("ready"));
        terminal.kill(signal);
        EXPECT_TRUE(terminal.sees(leaves_page));
        const int status = terminal.wait();
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
        EXPECT_TRUE(terminal.echoes());
    }
}

TEST(Screen, IsRefusedByTerminalsThatHaveNone) {
    for (const char* type : {"dumb", "a-terminal-that-nobody-made"}) {
        OnTerminal terminal([](Screen&) {}, type);
        const int status = terminal.wait();
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(app::ExitCode::other));
        EXPECT_TRUE(terminal.echoes());
    }
}

}  // namespace
}  // namespace netaio::chat_app

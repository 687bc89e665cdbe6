#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "face.hpp"
#include "file_progress.hpp"
#include "key.hpp"
#include "pages.hpp"
#include "screen.hpp"

namespace netaio::chat_app {
namespace {

// Lines of a conversation that are read at first; more when somebody looks for them.
constexpr std::size_t lines_at_first = 200;

class ScreenFace final : public Face {
public:
    ScreenFace(const boost::asio::any_io_executor& executor, chat::Chat& chat, Names& names)
        : chat_(chat),
          names_(names),
          model_{.names = names},
          input_(executor, ::dup(STDIN_FILENO)),
          resized_(executor, SIGWINCH) {
        model_.utf8 = screen_.is_utf8();
    }

    void said(const chat::Place& place, const chat::Line& line) override {
        if (desk_->chosen() != place && line.from == names_.me()) {
            model_.remark("said to " + names_.of(place));
        }
        changed_at(place);
    }
    void marked(const chat::Place& place, const chat::Line&) override { changed_at(place); }
    void reached(const chat::Place& place, const chat::Line&, chat::Mark) override {
        changed_at(place);
    }
    void file(const chat::FileView& file, const chat::Line&) override {
        const bool is_going = file.state == chat::FileState::going;
        if (desk_->chosen() != chat::Place(file.with) && !is_going) {
            model_.remark(file_text(names_, file));
        }
        changed_at(file.with);
    }
    void tell(const std::string& text, bool is_warning) override {
        model_.remark(text, is_warning);
        refresh();
    }
    void changed() override {
        if (desk_->chosen() != model_.chosen) {
            model_.chosen = desk_->chosen();
            model_.remarks.clear();
            model_.bottom.reset();
            wanted_ = lines_at_first;
            read_lines();
        }
        refresh();
    }

    void begin(Desk& desk, std::function<void()> ended) override {
        desk_ = &desk;
        ended_ = std::move(ended);
        changed();
        desk.greet();
        wait_for_keys();
        wait_for_size();
    }

private:
    void changed_at(const chat::Place& place) {
        if (desk_->chosen() == place) {
            read_lines();
        }
        refresh();
    }

    void read_lines() {
        model_.lines.clear();
        if (model_.chosen) {
            model_.lines = chat_.lines(*model_.chosen, 0, wanted_);
        }
    }

    void refresh() {
        if (model_.chosen && !model_.bottom) {
            desk_->note_shown(*model_.chosen);
        }
        model_.meet(chat_.people(), chat_.rooms());
        names_ = model_.names;
        Page page = page_of(model_, screen_.size());
        if (page.from_first && model_.lines.size() == wanted_) {
            wanted_ *= 4;
            read_lines();
            page = page_of(model_, screen_.size());
        }
        screen_.draw(page);
    }

    void wait_for_keys() {
        input_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this](boost::system::error_code error) {
                              if (!error && read_keys()) {
                                  wait_for_keys();
                              } else {
                                  ended_();
                              }
                          });
    }
    void wait_for_size() {
        resized_.async_wait([this](boost::system::error_code error, int) {
            if (!error && read_keys()) {
                wait_for_size();
            }
        });
    }

    bool read_keys() {
        while (const auto key = screen_.read()) {
            if (!pressed(*key)) {
                return false;
            }
        }
        refresh();
        return true;
    }

    // Whether to go on.
    bool pressed(const Key& key) {
        switch (key.kind) {
            case Key::Kind::quit: return false;
            case Key::Kind::enter: model_.bottom.reset(); return desk_->typed(model_.input.take());
            case Key::Kind::tab: complete_word(); return true;
            case Key::Kind::page_up: page_up(model_, screen_.size()); return true;
            case Key::Kind::page_down: page_down(model_, screen_.size()); return true;
            default: break;
        }
        if (edit(model_.input, key) == Edited::no_place) {
            screen_.beep();
        }
        return true;
    }

    void complete_word() {
        const Completion found =
            complete(model_.input.text(), model_.input.cursor(), names_.people(), names_.rooms());
        model_.input.replace(found.line, found.cursor);
        std::string choices;
        for (const std::string& choice : found.choices) {
            choices += (choices.empty() ? "" : "  ") + choice;
        }
        if (!choices.empty()) {
            model_.remark(choices);
        }
    }

    chat::Chat& chat_;
    Names& names_;
    Screen screen_;
    Model model_;
    boost::asio::posix::stream_descriptor input_;
    boost::asio::signal_set resized_;
    std::size_t wanted_ = lines_at_first;
    Desk* desk_ = nullptr;
    std::function<void()> ended_;
};

}  // namespace

std::unique_ptr<Face> make_screen_face(const boost::asio::any_io_executor& executor,
                                       chat::Chat& chat, Names& names) {
    return std::make_unique<ScreenFace>(executor, chat, names);
}

}  // namespace netaio::chat_app

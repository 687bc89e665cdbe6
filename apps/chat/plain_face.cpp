#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <set>

#include "face.hpp"
#include "file_progress.hpp"
#include "output.hpp"
#include "plain.hpp"

namespace netaio::chat_app {
namespace {

class PlainFace final : public Face {
public:
    PlainFace(const boost::asio::any_io_executor& executor, chat::Chat& chat, Names& names)
        : executor_(executor), chat_(chat), names_(names), input_(executor) {}

    void said(const chat::Place& place, const chat::Line& line) override {
        write_line_of(place, line);
        desk_->note_shown(place, line.number);
    }
    void marked(const chat::Place& place, const chat::Line& line) override {
        write(plain_mark(names_, place, line.mark));
    }
    void reached(const chat::Place& place, const chat::Line& line, chat::Mark by_one) override {
        write(plain_reach(names_, place, line, by_one));
    }
    void file(const chat::FileView& file, const chat::Line&) override {
        if (const auto text = progress_.line(names_, file)) write(plain_notice(*text));
        chat_.shown(file.with);
    }
    void tell(const std::string& text, bool) override { write(plain_notice(text)); }
    void changed() override {
        const auto people = chat_.people();
        names_.update(people, chat_.rooms());
        refused_.clear();
        for (const chat::PersonView& person : people) {
            if (person.refused) refused_.insert(person.key);
        }
    }

    void begin(Desk& desk, std::function<void()> ended) override {
        desk_ = &desk;
        ended_ = std::move(ended);
        changed();
        write_what_was_not_shown();
        boost::system::error_code error;
        input_.assign(::dup(STDIN_FILENO), error);
        error ? read_file() : read();
    }

private:
    static void write(const std::optional<std::string>& line) {
        if (line) app::write_line(*line);
    }
    static void write(const std::vector<std::string>& lines) {
        for (const std::string& line : lines) app::write_line(line);
    }

    void write_line_of(const chat::Place& place, const chat::Line& line) {
        write(plain_lines(names_, place, line, line.from && refused_.contains(*line.from)));
    }

    // Of an earlier run that ended before it could.
    void write_what_was_not_shown() {
        constexpr std::size_t at_once = 100;
        for (const chat::Place& place : std::vector(names_.places())) {
            for (auto lines = chat_.not_shown(place, at_once); !lines.empty();
                 lines = chat_.not_shown(place, at_once)) {
                for (const chat::Line& line : lines) {
                    write_line_of(place, line);
                }
                chat_.shown(place, lines.back().number);
            }
        }
    }

    void read() {
        input_.async_read_some(boost::asio::buffer(buffer_),
                               [this](boost::system::error_code error, std::size_t size) {
                                   if (!take(error ? 0 : size)) {
                                       ended_();
                                   } else {
                                       read();
                                   }
                               });
    }

    // What cannot be waited for is there.
    void read_file() {
        boost::asio::post(executor_, [this] {
            ssize_t size = 0;
            do {
                size = ::read(STDIN_FILENO, buffer_.data(), buffer_.size());
            } while (take(size > 0 ? static_cast<std::size_t>(size) : 0));
            ended_();
        });
    }

    // Nothing is the end. Whether to go on.
    bool take(std::size_t size) {
        const auto lines = size > 0 ? typed_.take(ByteView(buffer_.data(), size)) : typed_.finish();
        for (const PlainInput::Found& line : lines) {
            if (!line) {
                write(plain_notice("that line is too long, and was left out"));
            } else if (!desk_->typed(*line)) {
                return false;
            }
        }
        return size > 0;
    }

    boost::asio::any_io_executor executor_;
    chat::Chat& chat_;
    Names& names_;
    std::set<chat::PublicKey> refused_;
    boost::asio::posix::stream_descriptor input_;
    std::array<char, 4096> buffer_{};
    PlainInput typed_;
    FileProgress progress_;
    Desk* desk_ = nullptr;
    std::function<void()> ended_;
};

}  // namespace

std::unique_ptr<Face> make_plain_face(const boost::asio::any_io_executor& executor,
                                      chat::Chat& chat, Names& names) {
    return std::make_unique<PlainFace>(executor, chat, names);
}

}  // namespace netaio::chat_app

#pragma once

#include <functional>
#include <memory>
#include <netaio/chat/chat.hpp>
#include <netaio/completion.hpp>
#include <string>

#include "desk.hpp"

namespace netaio::chat_app {

/// How a person sees the chat, and writes in it. Its calls are made on the loop, never from within
/// the chat.
class Face {
public:
    virtual ~Face() = default;
    Face(const Face&) = delete;
    Face& operator=(const Face&) = delete;

    virtual void said(const chat::Place& place, const chat::Line& line) = 0;
    virtual void marked(const chat::Place& place, const chat::Line& line) = 0;
    /// One member of a room more has it, or has read it.
    virtual void reached(const chat::Place& place, const chat::Line& line, chat::Mark by_one) = 0;
    /// A file with somebody has come further, and its line is another.
    virtual void file(const chat::FileView& file, const chat::Line& line) = 0;
    virtual void tell(const std::string& text, bool is_warning) = 0;
    /// People, rooms, or where the lines go are others now.
    virtual void changed() = 0;
    /// Begins to read what is typed, and calls `ended` when that is over.
    virtual void begin(Desk& desk, std::function<void()> ended) = 0;

protected:
    Face() = default;
};

/// Lines in and out.
std::unique_ptr<Face> make_plain_face(const boost::asio::any_io_executor& executor,
                                      chat::Chat& chat, Names& names);
/// A screen. Throws app::Failure where there is none.
std::unique_ptr<Face> make_screen_face(const boost::asio::any_io_executor& executor,
                                       chat::Chat& chat, Names& names);

}  // namespace netaio::chat_app

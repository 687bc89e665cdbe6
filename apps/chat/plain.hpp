#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "names.hpp"

namespace netaio::chat_app {

/// What is written of a line that was said: `ann> text`, `#kitchen ann> text`, `* text` for what
/// only happened. Each line of its text is one of its own. Nothing for what one said oneself. Where
/// the key of who said it is not accepted, their name is followed by ` (ANOTHER KEY)`.
std::vector<std::string> plain_lines(const Names& names, const chat::Place& place,
                                     const chat::Line& line, bool is_of_refused = false);

/// What is written when one's own message has come further: `* ann has it`. Nothing when it waits.
std::optional<std::string> plain_mark(const Names& names, const chat::Place& place,
                                      chat::Mark mark);

/// What is written when one's own message has come further with one member of a room: that they
/// have read it, where not all have.
std::optional<std::string> plain_reach(const Names& names, const chat::Place& place,
                                       const chat::Line& line, chat::Mark by_one);

/// What is written of anything else that people are told: `* text`, for each of its lines.
std::vector<std::string> plain_notice(ByteView text);

/// Makes lines of what is read piece by piece.
class PlainInput {
public:
    /// The most bytes that a line can have; what is longer is no line.
    static constexpr std::size_t size_max = 8'192;

    /// A line, or none where it was too long.
    using Found = std::optional<std::string>;

    /// The lines that end in these bytes, without their ends.
    std::vector<Found> take(ByteView bytes);
    /// What is there at the end without one.
    std::vector<Found> finish();

private:
    void add(std::string_view part);
    Found end_line();

    std::string line_;
    bool is_too_long_ = false;
};

}  // namespace netaio::chat_app

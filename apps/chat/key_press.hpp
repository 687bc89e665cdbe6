#pragma once

#include <string>

#include "input_line.hpp"

namespace netaio::chat_app {

/// What somebody did at the keyboard.
struct KeyPress {
    enum class Kind {
        text,
        enter,
        tab,
        left,
        right,
        home,
        end,
        up,
        down,
        page_up,
        page_down,
        backspace,
        erase,
        erase_to_start,
        erase_to_end,
        erase_word,
        redraw,  ///< the page has another size now, or is not what it was
        quit,    ///< Ctrl-C, Ctrl-D, or the terminal went away
    };

    Kind kind;
    std::string text = {};  ///< of Kind::text, in UTF-8; what was pasted may have line ends
};

/// What became of a key that was meant for the line.
enum class Edited {
    done,
    no_place,   ///< the text did not fit
    other_key,  ///< it does nothing to a line
};

/// Does to a line what a key says. Enter, Tab and what turns pages are other keys.
Edited edit(InputLine& line, const KeyPress& key);

}  // namespace netaio::chat_app

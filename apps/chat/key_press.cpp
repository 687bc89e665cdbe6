#include "key_press.hpp"

namespace netaio::chat_app {

Edited edit(InputLine& line, const KeyPress& key) {
    switch (key.kind) {
        case KeyPress::Kind::text: return line.insert(key.text) ? Edited::done : Edited::no_place;
        case KeyPress::Kind::left: line.left(); break;
        case KeyPress::Kind::right: line.right(); break;
        case KeyPress::Kind::home: line.home(); break;
        case KeyPress::Kind::end: line.end(); break;
        case KeyPress::Kind::up: line.older(); break;
        case KeyPress::Kind::down: line.newer(); break;
        case KeyPress::Kind::backspace: line.backspace(); break;
        case KeyPress::Kind::erase: line.erase(); break;
        case KeyPress::Kind::erase_to_start: line.erase_to_start(); break;
        case KeyPress::Kind::erase_to_end: line.erase_to_end(); break;
        case KeyPress::Kind::erase_word: line.erase_word(); break;
        case KeyPress::Kind::enter:
        case KeyPress::Kind::tab:
        case KeyPress::Kind::page_up:
        case KeyPress::Kind::page_down:
        case KeyPress::Kind::redraw:
        case KeyPress::Kind::quit: return Edited::other_key;
    }
    return Edited::done;
}

}  // namespace netaio::chat_app

#include "key.hpp"

namespace netaio::chat_app {

Edited edit(InputLine& line, const Key& key) {
    switch (key.kind) {
        case Key::Kind::text: return line.insert(key.text) ? Edited::done : Edited::no_place;
        case Key::Kind::left: line.left(); break;
        case Key::Kind::right: line.right(); break;
        case Key::Kind::home: line.home(); break;
        case Key::Kind::end: line.end(); break;
        case Key::Kind::up: line.older(); break;
        case Key::Kind::down: line.newer(); break;
        case Key::Kind::backspace: line.backspace(); break;
        case Key::Kind::erase: line.erase(); break;
        case Key::Kind::erase_to_start: line.erase_to_start(); break;
        case Key::Kind::erase_to_end: line.erase_to_end(); break;
        case Key::Kind::erase_word: line.erase_word(); break;
        case Key::Kind::enter:
        case Key::Kind::tab:
        case Key::Kind::page_up:
        case Key::Kind::page_down:
        case Key::Kind::redraw:
        case Key::Kind::quit: return Edited::other_key;
    }
    return Edited::done;
}

}  // namespace netaio::chat_app

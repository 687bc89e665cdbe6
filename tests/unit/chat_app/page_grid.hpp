#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <netaio/chat/shown_text.hpp>
#include <string>
#include <vector>

#include "pages.hpp"
#include "people.hpp"

namespace netaio::chat_app {

/// What a person at a screen sees, row by row without the spaces at their ends. Fails the test when
/// the page does not fit, or has what cannot be shown.
inline std::vector<std::string> grid_of(const Page& page, const Cells& size) {
    std::vector<std::string> grid;
    EXPECT_EQ(page.rows.size(), size.rows);
    for (const Row& row : page.rows) {
        std::string text;
        for (const Span& span : row) text += span.text;
        EXPECT_LE(width_of(row), size.columns) << text;
        EXPECT_LE(chat::cells(text), size.columns) << text;
        EXPECT_EQ(chat::shown(text), text);
        text.erase(text.find_last_not_of(' ') + 1);
        grid.push_back(text);
    }
    if (page.cursor) {
        EXPECT_LT(page.cursor->rows, size.rows);
        EXPECT_LT(page.cursor->columns, size.columns);
    }
    return grid;
}

inline std::vector<std::string> grid_of(const Model& model, const Cells& size) {
    return grid_of(page_of(model, size), size);
}

/// The time without a zone, so that it is the same everywhere.
inline std::optional<std::tm> time_of_tests(std::uint64_t seconds) noexcept {
    if (seconds > 253'402'300'799) return std::nullopt;
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return parts;
}

/// Mia's, who knows ann, bob and the kitchen; nothing was said yet.
inline Model model_of_mia() {
    Model model{.names = Names(key_of('m'), "mia")};
    model.calendar = time_of_tests;
    model.meet({person('a', "ann"), person('b', "bob")}, {room(1, "kitchen", "mab")});
    return model;
}

/// Something is said at that time, in seconds of 1 March 2026.
inline void say(Model& model, std::optional<char> from, const std::string& text, std::uint64_t at,
                chat::Mark mark = chat::Mark::waiting) {
    constexpr std::uint64_t first_of_march = 1'772'323'200;
    chat::Line line{.number = model.lines.empty() ? 1 : model.lines.back().number + 1};
    if (from) line.from = key_of(*from);
    line.text = text;
    line.at = first_of_march + at;
    line.mark = mark;
    model.lines.push_back(line);
}

}  // namespace netaio::chat_app

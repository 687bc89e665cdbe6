#pragma once

#include <optional>
#include <vector>

#include "model.hpp"
#include "row.hpp"

namespace netaio::chat_app {

/// Rows and columns of a terminal, or a place on it, from 0.
struct Cells {
    std::size_t rows = 0;
    std::size_t columns = 0;

    bool operator==(const Cells&) const = default;
};

/// What is on the screen.
struct Page {
    /// As many as there are, none wider than there are columns; all can be shown.
    std::vector<Row> rows;
    /// Where one types; none where there is no place for it.
    std::optional<Cells> cursor;
    /// The first of the model's lines is seen: it is time to give it those before.
    bool from_first = false;
};

/// The least that a page fits on; smaller ones say so.
inline constexpr Cells least_page{.rows = 6, .columns = 20};

/// The page for a screen of that size: people and rooms on the left, where there are 60 columns,
/// what was said on the right; below it where the lines go, and the line that is being typed.
Page page_of(const Model& model, const Cells& size);

/// Has the model show what is above, or below; the same lines stay when others come.
void page_up(Model& model, const Cells& size);
void page_down(Model& model, const Cells& size);

}  // namespace netaio::chat_app

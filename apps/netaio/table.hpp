#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace netaio::app {

/// The cells of a line of a table, printable; each row of a table has as many.
using TableRow = std::vector<std::string>;

/// The first characters of a text, of which a terminal shows no more than so many columns.
std::string cut(const std::string& text, std::size_t width);

/// Rows as lines, with cells in columns, none longer than `width`.
std::string table_text(const std::vector<TableRow>& rows, std::size_t width);

/// A table on the terminal at standard output that is drawn over itself.
class LiveTable {
public:
    /// Gives lines no longer than `width`, and no more than `height` of them.
    using Draw = std::function<std::string(std::size_t width, std::size_t height)>;

    /// Draws it in the place of what was drawn before. Throws Failure when it can't be written.
    void draw(const Draw& draw);

private:
    std::ptrdiff_t lines_ = 0;
};

}  // namespace netaio::app

#include "table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "output.hpp"

namespace netaio::app {
namespace {

// Characters, not bytes, as a terminal counts most of them.
std::size_t length(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string cut(const std::string& text, std::size_t width) {
    if (length(text) <= width) return text;
    std::size_t end = 0;
    for (std::size_t seen = 0; end < text.size(); ++end) {
        if ((text[end] & 0xc0) != 0x80 && ++seen > width) break;
    }
    return text.substr(0, end);
}

std::string table_text(const std::vector<TableRow>& rows, std::size_t width) {
    std::vector<std::size_t> widths;
    for (const TableRow& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], length(row[i]));
        }
    }
    std::string text;
    for (const TableRow& row : rows) {
        std::string line;
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            line += row[i] + std::string(widths[i] - length(row[i]) + 2, ' ');
        }
        text += cut(line + row.back(), width) + "\n";
    }
    return text;
}

void LiveTable::draw(const Draw& draw) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        size.ws_col = 80;
        size.ws_row = 24;
    }
    const std::string table = draw(size.ws_col, std::max<std::size_t>(size.ws_row, 5) - 1);
    const std::string up = lines_ > 0 ? "\x1b[" + std::to_string(lines_) + "A" : "";
    lines_ = std::ranges::count(table, '\n');
    write_line(up + "\r\x1b[J" + table.substr(0, table.size() - 1));
}

}  // namespace netaio::app

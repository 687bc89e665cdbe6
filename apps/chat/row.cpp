#include "row.hpp"

#include <algorithm>
#include <netaio/chat/shown_text.hpp>

namespace netaio::chat_app {

std::size_t width_of(const Row& row) {
    std::size_t sum = 0;
    for (const Span& span : row) sum += chat::cells(span.text);
    return sum;
}

void fill(Row& row, std::size_t width, Style style) {
    const std::size_t taken = width_of(row);
    if (taken < width) row.push_back({std::string(width - taken, ' '), style});
}

std::vector<std::string> wrapped(std::string_view text, std::size_t first_width,
                                 std::size_t width) {
    std::vector<std::string> rows;
    std::string row;
    std::size_t taken = 0;
    std::size_t word = 0;        // where the last word of the row begins
    std::size_t word_taken = 0;  // the cells before it
    std::size_t limit = std::max<std::size_t>(first_width, 1);
    const auto end_row = [&](std::size_t size) {
        rows.push_back(row.substr(0, size));
        rows.back().erase(rows.back().find_last_not_of(' ') + 1);
        limit = std::max<std::size_t>(width, 1);
    };
    for (ByteView rest = text; !rest.empty();) {
        const chat::Cluster cluster = chat::take_cluster(rest);
        const bool is_space = cluster.bytes == " ";
        if (taken + cluster.cells > limit && is_space) {
            end_row(row.size());
            row.clear();
            taken = word = word_taken = 0;
            continue;
        }
        if (taken + cluster.cells > limit && word > 0) {
            end_row(word);
            row.erase(0, word);
            taken -= word_taken;
            word = word_taken = 0;
        }
        if (taken + cluster.cells > limit && taken > 0) {
            end_row(row.size());
            row.clear();
            taken = 0;
        }
        // What is drawn as one but wider than a row stays out.
        const std::string piece = chat::cut(cluster.bytes, limit);
        row += piece;
        taken += chat::cells(piece);
        if (is_space) {
            word = row.size();
            word_taken = taken;
        }
    }
    rows.push_back(row);
    return rows;
}

}  // namespace netaio::chat_app

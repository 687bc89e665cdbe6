#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "model.hpp"
#include "row.hpp"

namespace netaio::chat_app {

/// The conversation of a model in rows of a given width, of 20 cells at least; it must not outlive
/// the model.
class Messages {
public:
    Messages(const Model& model, std::size_t width);

    /// What is seen in so many rows, above and with the model's last one.
    struct Seen {
        std::vector<Row> rows;
        bool from_first = false;  ///< the first of all rows is among them
        std::size_t below = 0;    ///< how many lines and remarks follow
        bool is_end = true;       ///< nothing follows
    };
    Seen seen(std::size_t height) const;

    /// What Model::bottom is a page further up or down.
    std::optional<RowId> page_up(std::size_t height) const;
    std::optional<RowId> page_down(std::size_t height) const;

private:
    struct Item {
        RowId id;
        const chat::Line* line = nullptr;
        const chat::Line* before = nullptr;  // the line before that
        const Remark* remark = nullptr;
    };
    struct Placed {
        RowId id;
        Row row;
    };
    // Where the columns of a message are.
    struct Columns {
        bool has_time;
        bool has_names;  // a column for them
        std::size_t names;
        std::size_t indent;  // of what goes on
    };

    Columns columns() const;
    std::vector<Row> rows_of(const Item& item) const;
    std::vector<Row> message(const chat::Line& line) const;
    std::vector<Row> event(const chat::Line& line) const;
    std::vector<Row> remark(const Remark& remark) const;
    std::string mark_of(const chat::Line& line) const;
    std::optional<Row> day(const Item& item) const;
    std::string time_of(const chat::Line& line) const;
    std::size_t index_of(const RowId& bottom) const;
    std::deque<Placed> up_to(const std::optional<RowId>& bottom, std::size_t count) const;
    std::deque<Placed> after(const std::optional<RowId>& bottom, std::size_t count) const;
    std::optional<RowId> settled(std::size_t height) const;

    const Model* model_;
    std::size_t width_;
    std::vector<Item> items_;
    Columns columns_;
};

}  // namespace netaio::chat_app

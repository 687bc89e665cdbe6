#include "pages.hpp"

#include <algorithm>
#include <iterator>
#include <netaio/chat/shown_text.hpp>

#include "messages.hpp"
#include "place_list.hpp"
#include "standing.hpp"

namespace netaio::chat_app {
namespace {

constexpr std::size_t columns_for_list = 60;
constexpr std::size_t rows_below = 2;  // the status and what is typed

struct Layout {
    std::size_t list = 0;  // the columns of the list; 0 for none
    std::size_t messages = 0;
    std::size_t height = 0;  // of both
};

bool is_too_small(const Cells& size) noexcept {
    return size.rows < least_page.rows || size.columns < least_page.columns;
}

Layout layout_of(const Cells& size) noexcept {
    Layout layout{0, size.columns, size.rows - rows_below};
    if (size.columns >= columns_for_list) {
        layout.list = std::clamp<std::size_t>(size.columns * 3 / 10, 18, 32);
        constexpr std::size_t frame = 2;
        layout.messages -= layout.list + frame;
    }
    return layout;
}

Page too_small(const Cells& size) {
    Page page{std::vector<Row>(size.rows), std::nullopt};
    const std::string text = "This needs " + std::to_string(least_page.columns) + " columns and " +
                             std::to_string(least_page.rows) + " rows.";
    if (size.columns == 0) return page;
    std::size_t at = 0;
    for (std::string& piece : wrapped(text, size.columns, size.columns)) {
        if (at == size.rows) break;
        page.rows[at++].push_back({std::move(piece), Style::plain});
    }
    return page;
}

std::string counted(std::size_t count, const std::string& one, const std::string& several) {
    return std::to_string(count) + " " + (count == 1 ? one : several);
}

std::string state_of(const Model& model, const chat::Place& place) {
    if (const chat::RoomView* room = room_of(model, place)) {
        if (!room->is_member) return "you are not in it";
        return counted(room->members.size(), "member", "members");
    }
    const chat::PersonView* person = person_of(model, place);
    if (!person) return "not met yet";
    const std::string standing = standing_of(model.names, model.people, *person);
    if (person->refused) return standing;
    return std::string(person->present ? "here" : "away") + ", " + standing;
}

std::size_t unread_elsewhere(const Model& model) {
    std::size_t sum = 0;
    const auto add = [&](const auto& views, auto id) {
        for (const auto& view : views) {
            if (chat::Place(view.*id) != model.chosen) sum += view.unread;
        }
    };
    add(model.people, &chat::PersonView::key);
    add(model.rooms, &chat::RoomView::id);
    return sum;
}

Row status_row(const Model& model, const Messages::Seen& seen, std::size_t columns) {
    const std::size_t inside = columns - 2;
    std::string right;
    if (!seen.is_end) {
        right = seen.below == 0 ? "more below" : std::to_string(seen.below) + " more below";
    }
    if (const std::size_t unread = unread_elsewhere(model); unread > 0) {
        const std::string more =
            right + (right.empty() ? "" : ", ") + std::to_string(unread) + " unread";
        if (right.empty() || more.size() <= inside / 2) right = more;
    }
    // Where the lines go is said in any case.
    right = chat::cut(right, inside / 2);
    const std::size_t right_cells = chat::cells(right);
    const std::size_t left_cells = inside - right_cells - (right.empty() ? 0 : 1);
    std::string left = "nobody is chosen: /to NAME, or /help";
    if (model.chosen) {
        left = model.names.of(*model.chosen, left_cells) + "  " + state_of(model, *model.chosen);
    }
    Row row{{" " + chat::cut(left, left_cells), Style::status}};
    fill(row, columns - 1 - right_cells, Style::status);
    row.push_back({right + " ", Style::status});
    return row;
}

}  // namespace

Page page_of(const Model& model, const Cells& size) {
    if (is_too_small(size)) return too_small(size);
    const Layout layout = layout_of(size);
    Messages::Seen seen = Messages(model, layout.messages).seen(layout.height);
    Page page{.rows = {}, .cursor = {}, .from_first = seen.from_first};
    if (layout.list > 0) page.rows = place_list(model, layout.list - 1, layout.height);
    page.rows.resize(layout.height);
    // What was said last is next to what is being typed.
    const std::size_t top = layout.height - seen.rows.size();
    for (std::size_t i = 0; i < layout.height; ++i) {
        Row& row = page.rows[i];
        if (layout.list > 0) {
            fill(row, layout.list, Style::plain);
            row.push_back({std::string(frame_line(model.utf8)), Style::frame});
        }
        if (i >= top) std::ranges::move(seen.rows[i - top], std::back_inserter(row));
    }
    page.rows.push_back(status_row(model, seen, size.columns));
    constexpr std::string_view prompt = "> ";
    InputLine::View typed = model.input.view(size.columns - prompt.size());
    page.rows.push_back({{std::string(prompt), Style::frame}, {typed.text, Style::plain}});
    page.cursor = Cells{size.rows - 1, prompt.size() + typed.cursor};
    return page;
}

void page_up(Model& model, const Cells& size) {
    if (is_too_small(size)) return;
    const Layout layout = layout_of(size);
    model.bottom = Messages(model, layout.messages).page_up(layout.height);
}

void page_down(Model& model, const Cells& size) {
    if (is_too_small(size)) return;
    const Layout layout = layout_of(size);
    model.bottom = Messages(model, layout.messages).page_down(layout.height);
}

}  // namespace netaio::chat_app

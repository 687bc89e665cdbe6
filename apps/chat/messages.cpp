#include "messages.hpp"

#include <algorithm>
#include <netaio/chat/shown_text.hpp>

#include "standing.hpp"

namespace netaio::chat_app {
namespace {

constexpr std::size_t time_cells = 6;  // with the space behind it
constexpr std::size_t mark_cells = 3;  // with the space before it

std::string formatted(const std::tm& time, const char* format) {
    char text[64];
    return {text, std::strftime(text, sizeof text, format, &time)};
}

std::string_view mark_sign(chat::Mark mark, bool utf8) noexcept {
    switch (mark) {
        case chat::Mark::waiting: return utf8 ? "·" : ".";
        case chat::Mark::at_relay: return utf8 ? "✓" : "+";
        case chat::Mark::delivered:
        case chat::Mark::read: break;
    }
    return utf8 ? "✓✓" : "++";
}

bool is_same_day(const std::tm& one, const std::tm& other) noexcept {
    return one.tm_year == other.tm_year && one.tm_yday == other.tm_yday;
}

std::string named_day(const std::tm& time) {
    return formatted(time, "%A, ") + std::to_string(time.tm_mday) + formatted(time, " %B %Y");
}

// Puts text of several lines below each other, from what the first row has already.
void put_text(std::vector<Row>& rows, ByteView text, std::size_t indent, std::size_t width,
              Style style) {
    const std::size_t start = width_of(rows.back());
    std::size_t first_width = width > start ? width - start : 0;
    bool is_first = true;
    for (const std::string& line : chat::shown_lines(text)) {
        for (std::string& piece : wrapped(line, first_width, width - indent)) {
            if (!is_first) rows.push_back({{std::string(indent, ' '), Style::plain}});
            is_first = false;
            rows.back().push_back({std::move(piece), style});
        }
        first_width = width - indent;
    }
}

}  // namespace

Messages::Messages(const Model& model, std::size_t width)
    : model_(&model), width_(width), columns_(columns()) {
    auto remark = model.remarks.begin();
    const auto put_remarks = [&](std::uint64_t line, bool all) {
        for (std::size_t i = 1; remark != model.remarks.end(); ++i, ++remark) {
            if (!all && remark->after > line) break;
            items_.push_back({.id = {line, i, 0}, .remark = &*remark});
        }
    };
    const chat::Line* before = nullptr;
    const std::uint64_t first = model.lines.empty() ? 1 : model.lines.front().number;
    put_remarks(first > 0 ? first - 1 : 0, model.lines.empty());
    for (const chat::Line& line : model.lines) {
        items_.push_back({.id = {line.number, 0, 0}, .line = &line, .before = before});
        put_remarks(line.number, &line == &model.lines.back());
        before = &line;
    }
}

Messages::Columns Messages::columns() const {
    constexpr std::size_t with_columns = 44;
    constexpr std::size_t with_time = 30;
    if (width_ < with_columns) {
        const bool has_time = width_ >= with_time;
        return {has_time, false, width_ / 2, has_time ? time_cells : 2};
    }
    std::size_t longest = 0;
    const auto count = [&](const chat::Place& who) {
        longest = std::max(longest, chat::cells(model_->names.of(who)));
    };
    count(model_->names.me());
    if (model_->chosen) {
        if (const chat::RoomView* room = room_of(*model_, *model_->chosen)) {
            for (const chat::PublicKey& member : room->members) count(member);
        } else {
            count(*model_->chosen);
        }
    }
    const std::size_t names = std::min(longest, std::max<std::size_t>(width_ * 3 / 10, 15));
    return {true, true, names, time_cells + names + 2};
}

std::string Messages::time_of(const chat::Line& line) const {
    const auto time = model_->calendar(line.at);
    return time ? formatted(*time, "%H:%M ") : "--:-- ";
}

std::optional<Row> Messages::day(const Item& item) const {
    const auto now = model_->calendar(item.line->at);
    const auto before = item.before ? model_->calendar(item.before->at) : std::nullopt;
    if (!now || (before && is_same_day(*now, *before))) return std::nullopt;
    const std::string text = chat::cut(named_day(*now), width_);
    const std::size_t left = (width_ - chat::cells(text)) / 2;
    return Row{{std::string(left, ' '), Style::plain}, {text, Style::day}};
}

std::vector<Row> Messages::message(const chat::Line& line) const {
    const chat::Place from = *line.from;
    const bool is_own = *line.from == model_->names.me();
    const chat::PersonView* person = is_own ? nullptr : person_of(*model_, from);
    const bool is_refused = person && person->refused;
    const Style style = is_own ? Style::own_name : is_refused ? Style::warning : Style::name;
    const std::string name = model_->names.of(from, columns_.names);
    const std::string sign(standing_sign(person, model_->utf8));
    std::vector<Row> rows(1);
    if (columns_.has_time) rows[0].push_back({time_of(line), Style::time});
    if (columns_.has_names) {
        const std::size_t gap = columns_.names - chat::cells(name);
        rows[0].push_back({std::string(gap, ' '), Style::plain});
        rows[0].push_back({name, style});
        rows[0].push_back({sign, is_refused ? style : Style::verified});
        rows[0].push_back({sign.empty() ? "  " : " ", Style::plain});
    } else {
        rows[0].push_back({name, style});
        rows[0].push_back({sign, is_refused ? style : Style::verified});
        rows[0].push_back({"> ", Style::plain});
    }
    const std::string mark = is_own ? mark_of(line) : "";
    const std::size_t beside = std::max(mark_cells, chat::cells(mark) + 1);
    put_text(rows, line.text, columns_.indent, width_ - beside, Style::plain);
    if (is_own) {
        const bool was_read = line.mark == chat::Mark::read || line.reach.read > 0;
        fill(rows.back(), width_ - chat::cells(mark), Style::plain);
        rows.back().push_back({mark, was_read ? Style::mark_read : Style::mark});
    }
    return rows;
}

// In a room, before the sign, how many have it until all do; then how many have read it.
std::string Messages::mark_of(const chat::Line& line) const {
    const std::string sign(mark_sign(line.mark, model_->utf8));
    const bool all_have_it = line.mark >= chat::Mark::delivered;
    const std::size_t count = all_have_it ? line.reach.read : line.reach.delivered;
    if (!columns_.has_names || count == 0 || line.mark == chat::Mark::read) return sign;
    return std::to_string(count) + "/" + std::to_string(line.reach.members) + " " + sign;
}

std::vector<Row> Messages::event(const chat::Line& line) const {
    std::vector<Row> rows(1);
    if (columns_.has_time) rows[0].push_back({time_of(line), Style::time});
    rows[0].push_back({"* ", Style::event});
    put_text(rows, text_of(model_->names, line), width_of(rows[0]), width_, Style::event);
    return rows;
}

std::vector<Row> Messages::remark(const Remark& remark) const {
    const Style style = remark.is_warning ? Style::warning : Style::remark;
    std::vector<Row> rows{{{remark.is_warning ? "! " : "- ", style}}};
    put_text(rows, remark.text, 2, width_, style);
    return rows;
}

std::vector<Row> Messages::rows_of(const Item& item) const {
    if (item.remark) return remark(*item.remark);
    std::vector<Row> rows = item.line->from ? message(*item.line) : event(*item.line);
    if (auto row = day(item)) rows.insert(rows.begin(), std::move(*row));
    return rows;
}

// The item of that row, or the last before it.
std::size_t Messages::index_of(const RowId& bottom) const {
    const auto next = std::ranges::upper_bound(items_, bottom, {}, &Item::id);
    return next == items_.begin() ? 0 : static_cast<std::size_t>(next - items_.begin()) - 1;
}

std::deque<Messages::Placed> Messages::up_to(const std::optional<RowId>& bottom,
                                             std::size_t count) const {
    std::deque<Placed> found;
    std::size_t end = items_.empty() ? 0 : bottom ? index_of(*bottom) + 1 : items_.size();
    for (; end > 0 && found.size() < count; --end) {
        const Item& item = items_[end - 1];
        std::vector<Row> rows = rows_of(item);
        for (std::size_t i = rows.size(); i-- > 0 && found.size() < count;) {
            const RowId id{item.id.line, item.id.remark, i};
            // The first row of all stands for what is not there any more.
            const bool is_below = bottom && id > *bottom && (end > 1 || i > 0);
            if (!is_below) found.push_front({id, std::move(rows[i])});
        }
    }
    return found;
}

std::deque<Messages::Placed> Messages::after(const std::optional<RowId>& bottom,
                                             std::size_t count) const {
    std::deque<Placed> found;
    std::size_t index = bottom && !items_.empty() ? index_of(*bottom) : 0;
    for (; index < items_.size() && found.size() < count; ++index) {
        const Item& item = items_[index];
        std::vector<Row> rows = rows_of(item);
        for (std::size_t i = 0; i < rows.size() && found.size() < count; ++i) {
            const RowId id{item.id.line, item.id.remark, i};
            if (!bottom || id > *bottom) found.push_back({id, std::move(rows[i])});
        }
    }
    return found;
}

// The last row that is really seen: no rows stay empty while there is something for them.
std::optional<RowId> Messages::settled(std::size_t height) const {
    if (!model_->bottom || up_to(model_->bottom, height).size() == height) return model_->bottom;
    const auto rows = after(std::nullopt, height + 1);
    if (rows.size() <= height) return std::nullopt;
    return rows[height - 1].id;
}

Messages::Seen Messages::seen(std::size_t height) const {
    const auto bottom = settled(height);
    std::deque<Placed> rows = up_to(bottom, height + 1);
    Seen seen;
    seen.from_first = rows.size() <= height;
    if (!seen.from_first) rows.pop_front();
    for (Placed& placed : rows) seen.rows.push_back(std::move(placed.row));
    if (bottom && !rows.empty()) {
        seen.below = items_.size() - 1 - index_of(*bottom);
        seen.is_end = after(bottom, 1).empty();
    }
    return seen;
}

std::optional<RowId> Messages::page_up(std::size_t height) const {
    // A row of the page stays, to read on from.
    const std::size_t step = std::max<std::size_t>(height, 2) - 1;
    const auto bottom = settled(height);
    const auto rows = up_to(bottom, height + step);
    if (rows.size() <= height) return bottom;
    return rows[std::max(rows.size() - 1 - step, height - 1)].id;
}

std::optional<RowId> Messages::page_down(std::size_t height) const {
    const std::size_t step = std::max<std::size_t>(height, 2) - 1;
    const auto bottom = settled(height);
    if (!bottom) return bottom;
    const auto rows = after(bottom, step + 1);
    if (rows.size() <= step) return std::nullopt;
    return rows[step - 1].id;
}

}  // namespace netaio::chat_app

#include "talks.hpp"

#include <netaio/packify.hpp>

#include "fields.hpp"
#include "line_bytes.hpp"

namespace netaio::chat {
namespace {

// Where one's own lines stand, by their ids, until they were read.
constexpr std::string_view own_line_kind = "own line";

ByteView id_bytes(const MessageId& id) {
    return std::as_bytes(std::span(id));
}

std::vector<Line> lines_of(const std::vector<KeptLine>& all_kept) {
    std::vector<Line> all;
    for (const KeptLine& kept : all_kept) {
        if (auto line = line_from(kept.bytes, kept.number)) {
            all.push_back(std::move(*line));
        }
    }
    return all;
}

}  // namespace

Line Talks::add(const PublicKey& with, Line line, bool own) {
    line.number = vault_.append(with.bytes(), line_bytes(line));
    Acquaintance& person = people_.at(with);
    person.last = line.number;
    if (own) {
        const Value place = Dict{{"with", Bytes(with.bytes())}, {"number", Value(line.number)}};
        vault_.put(own_line_kind, id_bytes(line.id), pack(place).value());
    } else {
        person.unread.add(line.number);
    }
    people_.keep(with);
    return line;
}

Line Talks::rewrite(const PublicKey& with, Line line) {
    const auto before = lines(with, line.number + 1, 1);
    if (!before.empty()) line.at = before.front().at;
    vault_.replace(with.bytes(), line.number, line_bytes(line));
    return line;
}

std::optional<std::pair<PublicKey, Line>> Talks::mark(const MessageId& id, Mark mark) {
    const auto kept = vault_.get(own_line_kind, id_bytes(id));
    const auto place = kept ? unpack(*kept) : Result<Value>(Errc::malformed);
    if (!place) {
        return std::nullopt;
    }
    const auto with = key_field<PublicKey>(*place, "with");
    const auto number = number_field<std::uint64_t>(*place, "number");
    if (!with || !number) {
        return std::nullopt;
    }
    auto found = lines(*with, *number + 1, 1);
    if (found.empty() || found.front().id != id || found.front().mark >= mark) {
        return std::nullopt;
    }
    Line line = std::move(found.front());
    line.mark = mark;
    vault_.replace(with->bytes(), line.number, line_bytes(line));
    if (mark == Mark::read) {
        vault_.erase(own_line_kind, id_bytes(id));
    }
    return std::pair(*with, std::move(line));
}

std::vector<Line> Talks::lines(const PublicKey& with, std::uint64_t before, std::size_t max) const {
    return lines_of(vault_.lines(with.bytes(), before, max));
}

std::vector<Line> Talks::not_shown(const PublicKey& with, std::uint64_t up_to) const {
    const Acquaintance* const person = people_.find(with);
    const Unread unread = person ? person->unread : Unread();
    return lines_of(chat::not_shown(vault_, with.bytes(), unread, up_to));
}

}  // namespace netaio::chat

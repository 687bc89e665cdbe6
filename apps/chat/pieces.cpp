#include "pieces.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "relay_protocol.hpp"

namespace netaio::chat_app {
namespace {

constexpr std::size_t id_size = 16;
constexpr std::size_t pieces_max = (envelope_size_max + piece_size - 1) / piece_size;

std::string id_of(ByteView envelope) {
    std::array<unsigned char, id_size> id{};
    crypto_generichash(id.data(), id.size(), envelope.octets(), envelope.size(), nullptr, 0);
    return in_hex(id);
}

std::optional<std::size_t> small_number(std::string_view digits) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
    if (error != std::errc() || end != digits.end() || digits.front() == '0') return std::nullopt;
    return number <= pieces_max ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<PieceName> PieceName::parse(ByteView text) {
    const std::string_view view = text;
    const std::size_t first = view.find('/');
    const std::size_t second = first == view.npos ? first : view.find('/', first + 1);
    if (first != 2 * id_size || second == view.npos) return Errc::malformed;
    const std::string_view id = view.substr(0, first);
    const auto number = small_number(view.substr(first + 1, second - first - 1));
    const auto of = small_number(view.substr(second + 1));
    if (id.find_first_not_of("0123456789abcdef") != id.npos || !number || !of || *number > *of) {
        return Errc::malformed;
    }
    return PieceName{std::string(id), *number, *of};
}

std::string PieceName::str() const {
    return id + '/' + std::to_string(number) + '/' + std::to_string(of);
}

PieceName first_piece(ByteView envelope) {
    return {id_of(envelope), 1,
            std::max<std::size_t>(1, (envelope.size() + piece_size - 1) / piece_size)};
}

ByteView piece_of(ByteView envelope, std::size_t number) {
    return envelope.substr((number - 1) * piece_size, piece_size);
}

Result<std::optional<std::string>> PieceTable::add(const std::string& host, const PieceName& name,
                                                   ByteView piece, TimePoint now) {
    const bool is_last = name.number == name.of;
    if (piece.empty() || piece.size() > piece_size || (!is_last && piece.size() < piece_size)) {
        return Errc::malformed;
    }
    auto found = partials_.find({host, name.id});
    if (found == partials_.end()) {
        if (!has_room(host, now)) return Errc::queue_full;
        Partial partial{std::vector<std::string>(name.of), name.of, now};
        found = partials_.emplace(std::pair(host, name.id), std::move(partial)).first;
    }
    Partial& partial = found->second;
    if (partial.pieces.size() != name.of) return Errc::malformed;
    std::string& place = partial.pieces[name.number - 1];
    partial.missing -= place.empty();
    place = piece.str();
    if (partial.missing > 0) return std::optional<std::string>();
    std::string envelope;
    for (const std::string& each : partial.pieces) envelope += each;
    partials_.erase(found);
    if (id_of(envelope) != name.id) return Errc::malformed;
    return std::optional(std::move(envelope));
}

void PieceTable::taken(const std::string& id) {
    if (!taken_.insert(id).second) return;
    taken_in_order_.push_back(id);
    if (taken_in_order_.size() > taken_max) {
        taken_.erase(taken_in_order_.front());
        taken_in_order_.pop_front();
    }
}

bool PieceTable::has_room(const std::string& host, TimePoint now) {
    std::erase_if(partials_, [&](const auto& each) { return now - each.second.since >= time_max; });
    const auto from_host = std::ranges::count_if(
        partials_, [&](const auto& each) { return each.first.first == host; });
    return partials_.size() < in_all_max && static_cast<std::size_t>(from_host) < from_host_max;
}

}  // namespace netaio::chat_app

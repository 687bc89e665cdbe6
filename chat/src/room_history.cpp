#include "room_history.hpp"

#include <algorithm>
#include <limits>
#include <netaio/packify.hpp>
#include <utility>

#include "fields.hpp"
#include "room_names.hpp"

namespace netaio::chat {
namespace {

// What is refused after that is waited for, if somebody follows it.
constexpr std::size_t refused_max = 1'000;
// Of more heads those with the greatest clocks are known.
constexpr std::size_t kept_heads_max = 256;

std::string kept_message(const SeenMessage& message) {
    return pack(Dict{{"from", Bytes(message.from.bytes())},
                     {"number", message.number},
                     {"clock", message.clock},
                     {"record", message.record},
                     {"epoch", message.epoch},
                     {"id", Bytes(ByteView(message.id))},
                     {"line", message.line}})
        .value();
}

Result<SeenMessage> message_kept(ByteView kept) {
    const auto value = unpack(kept);
    if (!value) {
        return value.error();
    }
    const auto from = key_field<PublicKey>(*value, "from");
    const auto number = number_field<std::uint64_t>(*value, "number");
    const auto clock = number_field<std::uint64_t>(*value, "clock");
    const auto record = number_field<std::uint64_t>(*value, "record");
    const auto epoch = number_field<std::uint64_t>(*value, "epoch");
    const auto id = array_field<16>(*value, "id");
    const auto line = number_field<std::uint64_t>(*value, "line");
    if (!from || !number || !clock || !record || !epoch || !id || !line) {
        return Errc::malformed;
    }
    return SeenMessage{*from, *number, *clock, *record, *epoch, *id, *line};
}

MessageHash hash_at(ByteView bytes) {
    MessageHash hash{};
    std::copy_n(bytes.octets(), std::min(hash.size(), bytes.size()), hash.begin());
    return hash;
}

}  // namespace

void RoomHistory::restore_seen(ByteView hash, ByteView kept) {
    if (kept.empty()) {
        refused_.insert(hash_at(hash));
        return;
    }
    add(hash_at(hash), message_kept(kept).value());
}

void RoomHistory::restore_event(std::uint64_t line, std::uint64_t clock) {
    const Position position{.clock = clock, .event = line};
    order_.emplace(position, line);
    positions_.emplace(line, position);
}

void RoomHistory::restore_heads(ByteView kept) {
    for (; kept.size() >= MessageHash().size(); kept.remove_prefix(MessageHash().size())) {
        heads_.insert(hash_at(kept));
    }
}

const SeenMessage* RoomHistory::find(const MessageHash& hash) const {
    const auto found = seen_.find(hash);
    return found == seen_.end() ? nullptr : &found->second;
}

bool RoomHistory::knows(const MessageHash& hash) const {
    return seen_.contains(hash) || refused_.contains(hash);
}

std::optional<MessageHash> RoomHistory::hash_of(const PublicKey& from, std::uint64_t number) const {
    const auto of = of_.find(from);
    if (of == of_.end()) {
        return std::nullopt;
    }
    const auto found = of->second.find(number);
    return found == of->second.end() ? std::nullopt : std::optional(found->second);
}

std::optional<MessageRef> RoomHistory::last_of(const PublicKey& from, std::uint64_t* number) const {
    const auto of = of_.find(from);
    if (of == of_.end()) {
        return std::nullopt;
    }
    const auto& [last, hash] = *of->second.rbegin();
    *number = last;
    return MessageRef{hash, find(hash)->record};
}

std::map<PublicKey, std::uint64_t> RoomHistory::last_numbers() const {
    std::map<PublicKey, std::uint64_t> numbers;
    for (const auto& [from, messages] : of_) {
        numbers.emplace(from, messages.rbegin()->first);
    }
    return numbers;
}

void RoomHistory::each_after(
    const std::map<PublicKey, std::uint64_t>& numbers, std::uint64_t clock, std::size_t max,
    const std::function<bool(const MessageHash&, const SeenMessage&)>& visit) const {
    auto at = order_.lower_bound(Position{.clock = first_clock_after(numbers)});
    for (; at != order_.end() && max > 0; ++at, --max) {
        const Position& position = at->first;
        if (position.clock > clock) {
            break;
        }
        if (!position.from) {
            continue;
        }
        const SeenMessage& message = *find(position.hash);
        const auto number = numbers.find(message.from);
        if (message.epoch >= sealed_from_ &&
            (number == numbers.end() || message.number > number->second) &&
            !visit(position.hash, message)) {
            break;
        }
    }
}

// No message after these numbers that may have bytes has an earlier clock.
std::uint64_t RoomHistory::first_clock_after(
    const std::map<PublicKey, std::uint64_t>& numbers) const {
    constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t first = none;
    for (const auto& [from, messages] : of_) {
        const auto number = numbers.find(from);
        const auto next =
            number == numbers.end() ? messages.begin() : messages.upper_bound(number->second);
        if (next != messages.end()) first = std::min(first, find(next->second)->clock);
    }
    std::uint64_t sealed = none;
    for (auto at = first_clocks_.lower_bound(sealed_from_); at != first_clocks_.end(); ++at) {
        sealed = std::min(sealed, at->second);
    }
    return std::max(first, sealed);
}

std::uint64_t RoomHistory::clock() const noexcept {
    return order_.empty() ? 0 : order_.rbegin()->first.clock;
}

std::vector<MessageRef> RoomHistory::heads() const {
    std::vector<std::pair<std::uint64_t, MessageRef>> all;
    for (const MessageHash& hash : heads_) {
        if (const SeenMessage* const message = find(hash)) {
            all.push_back({message->clock, {hash, message->record}});
        }
    }
    std::sort(all.begin(), all.end(), [](const auto& one, const auto& other) {
        return std::tie(one.first, one.second.hash) > std::tie(other.first, other.second.hash);
    });
    std::vector<MessageRef> heads;
    for (const auto& [clock, ref] : all) {
        if (heads.size() == message_heads_max) {
            break;
        }
        heads.push_back(ref);
    }
    return heads;
}

void RoomHistory::accept(const RoomMessage& message, const MessageHash& hash, ByteView sealed,
                         std::uint64_t line) {
    const SeenMessage seen{message.from,  message.number, message.clock, message.record,
                           message.epoch, message.id,     line};
    add(hash, seen);
    vault_->put("room.seen", name_in_room(room_, ByteView(hash)), kept_message(seen));
    vault_->put("room.sealed", name_in_room(room_, ByteView(hash)), sealed);
    for (const MessageRef& head : message.heads) {
        heads_.erase(head.hash);
    }
    if (message.previous) {
        heads_.erase(message.previous->hash);
    }
    heads_.insert(hash);
    if (heads_.size() > kept_heads_max) {
        heads_.erase(std::min_element(heads_.begin(), heads_.end(),
                                      [&](const MessageHash& one, const MessageHash& other) {
                                          return find(one)->clock < find(other)->clock;
                                      }));
    }
    std::string kept;
    for (const MessageHash& head : heads_) {
        kept.append(ByteView(head));
    }
    vault_->put("room.heads", ByteView(room_), kept);
}

void RoomHistory::add_event(std::uint64_t line) {
    vault_->put("room.event", name_in_room(room_, line), pack(Value(clock())).value());
    restore_event(line, clock());
}

void RoomHistory::refuse(const MessageHash& hash) {
    if (refused_.size() < refused_max && !knows(hash)) {
        refused_.insert(hash);
        vault_->put("room.seen", name_in_room(room_, ByteView(hash)), {});
    }
}

std::optional<std::string> RoomHistory::sealed(const MessageHash& hash) const {
    const SeenMessage* const message = find(hash);
    if (!message || message->epoch < sealed_from_) {
        return std::nullopt;
    }
    return vault_->get("room.sealed", name_in_room(room_, ByteView(hash)));
}

void RoomHistory::forget_sealed_before(std::uint64_t epoch) {
    if (epoch <= sealed_from_) {
        return;
    }
    for (const auto& [hash, message] : seen_) {
        if (message.epoch < epoch && message.epoch >= sealed_from_) {
            vault_->erase("room.sealed", name_in_room(room_, ByteView(hash)));
        }
    }
    sealed_from_ = epoch;
}

const std::optional<PublicKey>& RoomHistory::author(std::uint64_t line) const {
    return positions_.at(line).from;
}

const SeenMessage& RoomHistory::said_at(std::uint64_t line) const {
    return seen_.at(positions_.at(line).hash);
}

std::vector<std::uint64_t> RoomHistory::order(std::uint64_t before, std::size_t max) const {
    auto end = order_.end();
    if (const auto position = positions_.find(before); position != positions_.end()) {
        end = order_.find(position->second);
    }
    std::vector<std::uint64_t> lines;
    while (end != order_.begin() && lines.size() < max) {
        --end;
        lines.push_back(end->second);
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
}

void RoomHistory::add(const MessageHash& hash, const SeenMessage& message) {
    const Position position{
        .clock = message.clock, .from = message.from, .id = message.id, .hash = hash};
    seen_.emplace(hash, message);
    const auto [first, is_new] = first_clocks_.try_emplace(message.epoch, message.clock);
    first->second = std::min(first->second, message.clock);
    of_[message.from].emplace(message.number, hash);
    order_.emplace(position, message.line);
    positions_.emplace(message.line, position);
}

}  // namespace netaio::chat

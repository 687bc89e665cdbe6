#include <algorithm>

#include "room.hpp"
#include "room_names.hpp"

namespace netaio::chat {
namespace {

// How far a message's clock may be beyond all that was seen: who is new did not get all.
constexpr std::uint64_t clock_ahead_max = std::uint64_t{1} << 20;

}  // namespace

Judgement Room::judge(const SealedRoomMessage& sealed, const MessageHash& hash, bool held,
                      bool witnessed) const {
    if (!held && is_too_old(sealed.epoch)) {
        return {.refused = Errc::stale};
    }
    if (sealed.record >= log_.records().size()) {
        return {.wait = Wait::records};
    }
    if (log_.records()[static_cast<std::size_t>(sealed.record)].hash() != sealed.record_hash) {
        return {.refused = Errc::auth_failed, .other_record = true};
    }
    const RoomState then = *log_.state_after(sealed.record);
    if (then.epoch != sealed.epoch || then.key_is_due || !then.has(me_)) {
        return {.refused = Errc::auth_failed};
    }
    const SecretKey* const with = key(sealed.epoch);
    if (!with) {
        return {.wait = Wait::key};
    }
    auto opened = sealed.open(*with);
    if (!opened) {
        return {.refused = opened.error()};
    }
    if (!then.has(opened->from) || !opened->is_signed()) {
        return {.refused = Errc::auth_failed};
    }
    Judgement judgement{.message = std::move(*opened)};
    const RoomMessage& message = *judgement.message;
    if (const auto last = history_.hash_of(message.from, message.number); last && *last != hash) {
        judgement.refused = Errc::auth_failed;
        judgement.equivocates = true;
    } else if (!witnessed && log_.was_removed_after(message.from, message.record)) {
        judgement.refused = Errc::auth_failed;
        judgement.wait = Wait::witness;
    } else {
        judgement.refused = judge_links(message, judgement);
    }
    return judgement;
}

std::error_code Room::judge_links(const RoomMessage& message, Judgement& judgement) const {
    std::vector<MessageRef> links = message.heads;
    if (message.previous) {
        links.push_back(*message.previous);
    }
    std::uint64_t clock = 0;
    for (const MessageRef& link : links) {
        if (link.record > message.record) {
            return Errc::malformed;
        }
        if (const SeenMessage* const seen = history_.find(link.hash)) {
            if (seen->record != link.record) {
                return Errc::malformed;
            }
            clock = std::max(clock, seen->clock);
        } else if (!history_.knows(link.hash) && log_.was_member(me_, link.record)) {
            if (is_too_old(log_.state_after(link.record)->epoch) && !held_.contains(link.hash)) {
                judgement.lost = true;
            } else {
                judgement.missing.push_back(link.hash);
            }
        }
    }
    if (!judgement.missing.empty()) {
        judgement.wait = Wait::messages;
        return {};
    }
    if (message.previous) {
        const SeenMessage* const previous = history_.find(message.previous->hash);
        if (previous &&
            (previous->from != message.from || previous->number + 1 != message.number)) {
            return Errc::malformed;
        }
    }
    const bool is_far = !history_.empty() && message.clock > history_.clock() + clock_ahead_max;
    return message.clock <= clock || is_far ? Errc::malformed : std::error_code();
}

}  // namespace netaio::chat

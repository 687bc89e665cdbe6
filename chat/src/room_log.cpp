#include <algorithm>
#include <netaio/chat/limits.hpp>
#include <netaio/chat/room_log.hpp>
#include <netaio/packify.hpp>
#include <stdexcept>
#include <utility>

namespace netaio::chat {
namespace {

bool may_write(const RoomState& state, const RoomRecord& record) noexcept {
    if (record.by == state.owner) return true;
    return record.by == state.stand_in && !std::holds_alternative<NameStandIn>(record.act);
}

bool is_written_by_who_may(const RoomState& state, const RoomRecord& record) {
    return may_write(state, record) && record.is_signed();
}

// Does acts to a room. Each says why it cannot be done.
struct RoomDoer {
    RoomState& state;

    std::error_code operator()(const CreateRoom&) { return Errc::malformed; }
    std::error_code operator()(const AddMember& act) {
        if (state.has(act.member)) return Errc::malformed;
        if (state.members.size() >= room_members_max) return Errc::too_large;
        state.members.push_back(act.member);
        return {};
    }
    std::error_code operator()(const RemoveMember& act) {
        if (act.member == state.owner || !state.has(act.member)) return Errc::malformed;
        std::erase(state.members, act.member);
        if (state.stand_in == act.member) state.stand_in.reset();
        state.key_is_due = true;
        return {};
    }
    std::error_code operator()(const RenameRoom& act) {
        state.name = act.name;
        return {};
    }
    std::error_code operator()(const BeginEpoch& act) {
        if (act.epoch != state.epoch + 1) return Errc::malformed;
        state.epoch = act.epoch;
        state.key_hash = act.key_hash;
        state.key_is_due = false;
        return {};
    }
    std::error_code operator()(const NameStandIn& act) {
        if (act.stand_in && (*act.stand_in == state.owner || !state.has(*act.stand_in))) {
            return Errc::malformed;
        }
        state.stand_in = act.stand_in;
        return {};
    }
};

// Of a first record.
RoomState first_state(const RoomRecord& first) {
    return {.id = first.room,
            .name = std::get<CreateRoom>(first.act).name,
            .owner = first.by,
            .stand_in = {},
            .members = {first.by}};
}

bool is_first_of(const RoomRecord& record, const RoomId& room) {
    const auto* const act = std::get_if<CreateRoom>(&record.act);
    return act && record.number == 0 && record.previous == RecordHash{} && record.room == room &&
           room_id(record.by, act->drawn) == room;
}

bool is_room_name(const std::string& name) {
    return !name.empty() && name.size() <= name_size_max && pack(name).has_value();
}

// Calls with each record, and who was a member after it, as to one person.
template <class Visit>
void each_membership(const std::vector<RoomRecord>& records, const PublicKey& who,
                     const Visit& visit) {
    bool is_member = false;
    for (const RoomRecord& record : records) {
        const auto* const added = std::get_if<AddMember>(&record.act);
        const auto* const removed = std::get_if<RemoveMember>(&record.act);
        if (record.number == 0) {
            is_member = record.by == who;
        } else if (added && added->member == who) {
            is_member = true;
        } else if (removed && removed->member == who) {
            is_member = false;
        }
        if (!visit(record, is_member)) {
            return;
        }
    }
}

}  // namespace

bool RoomState::has(const PublicKey& member) const noexcept {
    return std::find(members.begin(), members.end(), member) != members.end();
}

RoomLog::RoomLog(const RoomRecord& first)
    : records_{first}, last_(first.hash()), state_(first_state(first)) {}

RoomLog RoomLog::create(std::string name, const Identity& owner, Random& random) {
    if (!is_room_name(name)) {
        throw std::invalid_argument("a room's name is UTF-8 of 1 to " +
                                    std::to_string(name_size_max) + " bytes");
    }
    CreateRoom act{.name = std::move(name), .drawn = {}};
    random.fill(std::span(reinterpret_cast<char*>(act.drawn.data()), act.drawn.size()));
    const RoomId room = room_id(owner.public_key(), act.drawn);
    RoomRecord first{room, 0, {}, owner.public_key(), std::move(act), {}};
    first.sign(owner);
    return begin(first, room).value();
}

Result<RoomLog> RoomLog::begin(const RoomRecord& first, const RoomId& room) {
    if (!is_first_of(first, room)) return Errc::malformed;
    if (!first.is_signed()) return Errc::auth_failed;
    return RoomLog(first);
}

Result<RoomLog> RoomLog::verify(std::span<const RoomRecord> records, const RoomId& room) {
    if (records.empty()) return Errc::malformed;
    auto log = begin(records.front(), room);
    for (const RoomRecord& record : records.subspan(1)) {
        if (!log) break;
        const auto appended = log->append(record);
        if (!appended) return appended.error();
        if (*appended != RoomAppended::added) return Errc::malformed;
    }
    return log;
}

Result<RoomAppended> RoomLog::append(const RoomRecord& record) {
    if (record.room != state_.id) return Errc::malformed;
    if (record.number > records_.size()) return RoomAppended::early;
    if (record.number < records_.size()) {
        const RoomRecord& ours = records_[static_cast<std::size_t>(record.number)];
        if (record.hash() == ours.hash()) return RoomAppended::known;
        if (record.number == 0 && !is_first_of(record, state_.id)) return Errc::malformed;
        const auto before = state_after(record.number == 0 ? 0 : record.number - 1);
        if (!is_written_by_who_may(*before, record)) return Errc::auth_failed;
        return RoomAppended::split;
    }
    if (!is_written_by_who_may(state_, record)) return Errc::auth_failed;
    if (record.previous != last_) return RoomAppended::other_past;
    if (records_.size() >= room_records_max) return Errc::too_large;
    RoomState after = state_;
    if (const auto error = std::visit(RoomDoer{after}, record.act)) return error;
    records_.push_back(record);
    last_ = record.hash();
    state_ = std::move(after);
    return RoomAppended::added;
}

Result<RoomRecord> RoomLog::next(RoomAct act, const Identity& by) const {
    RoomRecord record{state_.id, records_.size(), last_, by.public_key(), std::move(act), {}};
    if (const auto* const rename = std::get_if<RenameRoom>(&record.act)) {
        if (!is_room_name(rename->name)) return Errc::malformed;
    }
    if (!may_write(state_, record)) return Errc::auth_failed;
    if (records_.size() >= room_records_max) return Errc::too_large;
    RoomState after = state_;
    if (const auto error = std::visit(RoomDoer{after}, record.act)) return error;
    record.sign(by);
    return record;
}

std::optional<RoomState> RoomLog::state_after(std::uint64_t number) const {
    if (number >= records_.size()) return std::nullopt;
    RoomState state = first_state(records_.front());
    for (std::size_t i = 1; i <= number; ++i) {
        // It could be done before, so it can be now.
        (void)std::visit(RoomDoer{state}, records_[i].act);
    }
    return state;
}

bool RoomLog::was_member(const PublicKey& who, std::uint64_t record) const {
    bool was = false;
    each_membership(records_, who, [&](const RoomRecord& at, bool is_member) {
        was = is_member;
        return at.number < record;
    });
    return was;
}

bool RoomLog::was_member(const PublicKey& who) const {
    bool was = false;
    each_membership(records_, who, [&](const RoomRecord&, bool is_member) {
        was = was || is_member;
        return !was;
    });
    return was;
}

bool RoomLog::was_in_epoch(const PublicKey& who, std::uint64_t epoch) const {
    std::uint64_t now = 0;
    bool was = false;
    each_membership(records_, who, [&](const RoomRecord& record, bool is_member) {
        if (const auto* const begun = std::get_if<BeginEpoch>(&record.act)) {
            now = begun->epoch;
        }
        was = was || (now == epoch && is_member);
        return now <= epoch && !was;
    });
    return was;
}

const RoomRecord* RoomLog::removal_of(const PublicKey& who) const {
    const auto found =
        std::find_if(records_.rbegin(), records_.rend(), [&](const RoomRecord& record) {
            const auto* const removed = std::get_if<RemoveMember>(&record.act);
            return removed && removed->member == who;
        });
    return found == records_.rend() ? nullptr : &*found;
}

bool RoomLog::was_removed_after(const PublicKey& who, std::uint64_t record) const {
    const RoomRecord* const removal = removal_of(who);
    return removal && removal->number > record;
}

}  // namespace netaio::chat

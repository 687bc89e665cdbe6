#include "room.hpp"

#include <algorithm>
#include <netaio/packify.hpp>
#include <utility>

#include "room_contents.hpp"
#include "room_names.hpp"

namespace netaio::chat {
namespace {

std::string kept_held(const HeldMessage& message) {
    return pack(Dict{{"from", Bytes(message.from.bytes())},
                     {"epoch", message.epoch},
                     {"bytes", Bytes(message.bytes)},
                     {"id", Bytes(message.id ? ByteView(*message.id) : ByteView())},
                     {"witnessed", message.witnessed}})
        .value();
}

std::string kept_let_go(const Room::LetGo& each) {
    return pack(Dict{{"hash", Bytes(ByteView(each.hash))}, {"epoch", each.epoch}}).value();
}

}  // namespace

Room::Room(RoomLog log, const PublicKey& me, Vault& vault)
    : log_(std::move(log)), me_(me), vault_(&vault), history_(id(), vault) {}

Room::Room(RoomLog log, const PublicKey& me, Vault& vault, std::uint64_t now)
    : Room(std::move(log), me, vault) {
    for (const RoomRecord& record : log_.records()) {
        note_record(record, now);
    }
    keep();
}

const RoomRecord* Room::epoch_record(std::uint64_t epoch) const {
    const auto& records = log_.records();
    const auto found =
        std::find_if(records.rbegin(), records.rend(), [&](const RoomRecord& record) {
            const auto* const begun = std::get_if<BeginEpoch>(&record.act);
            return begun && begun->epoch == epoch;
        });
    return found == records.rend() ? nullptr : &*found;
}

Result<RoomAppended> Room::append(const RoomRecord& record, std::uint64_t now) {
    const auto appended = log_.append(record);
    if (appended && *appended == RoomAppended::added) {
        note_record(record, now);
        keep();
    }
    return appended;
}

void Room::note_record(const RoomRecord& record, std::uint64_t now) {
    vault_->put("room.record", name_in_room(id(), record.number), pack(record.to_value()).value());
    if (const auto* const removed = std::get_if<RemoveMember>(&record.act)) {
        kept_.leaving.erase(removed->member);
        kept_.due_since = now;
    } else if (const auto* const begun = std::get_if<BeginEpoch>(&record.act)) {
        kept_.epochs.emplace(begun->epoch, now);
    }
}

void Room::set_split(const RoomSplit& split) {
    split_ = split;
    vault_->put("room.split", ByteView(id()), pack_split(id(), split).bytes);
}

const SecretKey* Room::key(std::uint64_t epoch) const {
    const auto found = keys_.find(epoch);
    return found == keys_.end() ? nullptr : &found->second;
}

std::error_code Room::add_key(std::uint64_t epoch, const SecretKey& key) {
    const RoomRecord* const record = epoch_record(epoch);
    if (!record || std::get<BeginEpoch>(record->act).key_hash != room_key_hash(id(), epoch, key)) {
        return Errc::auth_failed;
    }
    if (is_too_old(epoch)) {
        return Errc::stale;
    }
    keys_.insert_or_assign(epoch, key);
    vault_->put("room.key", name_in_room(id(), epoch), key.reveal());
    return {};
}

// What waits is read later.
std::uint64_t Room::oldest_needed_epoch() const noexcept {
    std::uint64_t oldest = kept_.oldest_epoch;
    for (const auto& [hash, message] : held_) {
        oldest = std::min(oldest, message.epoch);
    }
    return oldest;
}

void Room::restore_owed(std::uint64_t owed) {
    history_.restore_sealed_from(std::min(oldest_needed_epoch(), owed));
}

void Room::forget_keys(std::uint64_t now, std::uint64_t owed) {
    std::uint64_t from = kept_.oldest_epoch;
    for (const auto& [epoch, since] : kept_.epochs) {
        if (epoch > epochs_back_max && since + old_epoch_age <= now) {
            from = std::max(from, epoch - epochs_back_max);
        }
    }
    if (from != kept_.oldest_epoch) {
        kept_.oldest_epoch = from;
        forget_let_go([&](const LetGo& each) { return each.epoch < from; });
        kept_.epochs.erase(kept_.epochs.begin(), kept_.epochs.lower_bound(from));
        keep();
    }
    from = std::min(oldest_needed_epoch(), owed);
    for (auto key = keys_.begin(); key != keys_.end() && key->first < from;) {
        vault_->erase("room.key", name_in_room(id(), key->first));
        key = keys_.erase(key);
    }
    history_.forget_sealed_before(from);
}

bool Room::hold(const MessageHash& hash, HeldMessage message) {
    const auto found = held_.find(hash);
    if (found == held_.end()) {
        const auto strangers = std::count_if(held_.begin(), held_.end(), [&](const auto& entry) {
            return !log_.was_member(entry.second.from);
        });
        if (held_.size() >= held_messages_max ||
            (!log_.was_member(message.from) &&
             static_cast<std::size_t>(strangers) >= held_of_strangers_max)) {
            return false;
        }
    }
    if (found == held_.end() || found->second.witnessed != message.witnessed) {
        vault_->put("room.held", name_in_room(id(), ByteView(hash)), kept_held(message));
    }
    held_.insert_or_assign(hash, std::move(message));
    return true;
}

void Room::drop(const MessageHash& hash) {
    if (held_.erase(hash) > 0) {
        vault_->erase("room.held", name_in_room(id(), ByteView(hash)));
    }
    forget_let_go([&](const LetGo& each) { return each.hash == hash; });
}

void Room::forget_let_go(const std::function<bool(const LetGo&)>& is) {
    std::erase_if(let_go_, [&](const auto& each) {
        const bool is_such = is(each.second);
        if (is_such) {
            vault_->erase("room.let_go", name_in_room(id(), each.first.bytes()));
        }
        return is_such;
    });
}

void Room::let_go(const MessageHash& hash, const HeldMessage& message) {
    if (log_.was_member(message.from)) {
        // What says that it is of a later epoch is no longer waited for than what is of this one.
        const LetGo each{hash, std::min(message.epoch, state().epoch)};
        let_go_.insert_or_assign(message.from, each);
        vault_->put("room.let_go", name_in_room(id(), message.from.bytes()), kept_let_go(each));
    }
}

std::set<MessageHash> Room::missing() const {
    std::set<MessageHash> missing;
    for (const auto& [hash, message] : held_) {
        for (const MessageHash& other : message.missing) {
            if (!held_.contains(other) && !history_.knows(other)) {
                missing.insert(other);
            }
        }
    }
    return missing;
}

std::set<MessageHash> Room::wanted() const {
    std::set<MessageHash> wanted = missing();
    for (const auto& [from, each] : let_go_) {
        if (!held_.contains(each.hash)) {
            wanted.insert(each.hash);
        }
    }
    return wanted;
}

std::vector<MessageHash> Room::wanted_in_turn(std::size_t max, std::size_t turn) const {
    const std::set<MessageHash> all = wanted();
    std::map<PublicKey, std::set<MessageHash>> by_bringer;
    for (const auto& [hash, message] : held_) {
        for (const MessageHash& other : message.missing) {
            if (all.contains(other)) by_bringer[message.from].insert(other);
        }
    }
    for (const auto& [from, each] : let_go_) {
        if (all.contains(each.hash)) by_bringer[from].insert(each.hash);
    }
    std::vector<std::vector<MessageHash>> lists;
    std::size_t longest = 0;
    for (const auto& [from, hashes] : by_bringer) {
        auto& list = lists.emplace_back(hashes.begin(), hashes.end());
        const std::size_t step = std::max<std::size_t>(1, max / by_bringer.size());
        std::ranges::rotate(list,
                            list.begin() + static_cast<std::ptrdiff_t>(turn * step % list.size()));
        longest = std::max(longest, list.size());
    }
    std::vector<MessageHash> chosen;
    std::set<MessageHash> were_chosen;
    for (std::size_t at = 0; at < longest; ++at) {
        for (std::size_t i = 0; i < lists.size(); ++i) {
            const auto& list = lists[(turn + i) % lists.size()];
            if (chosen.size() == max) return chosen;
            if (at < list.size() && were_chosen.insert(list[at]).second) {
                chosen.push_back(list[at]);
            }
        }
    }
    return chosen;
}

}  // namespace netaio::chat

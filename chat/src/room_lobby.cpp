#include "room_lobby.hpp"

#include <algorithm>
#include <netaio/packify.hpp>
#include <utility>

#include "fields.hpp"
#include "room_contents.hpp"
#include "room_names.hpp"

namespace netaio::chat {

RoomLobby::RoomLobby(Vault& vault) : vault_(&vault) {
    vault.each("room.early", [&](ByteView name, ByteView kept) {
        const Value value = unpack(kept).value();
        const Value* const kind = value.find("kind");
        rooms_[room_in_name(name)].emplace(
            name.str(), Waiting{key_field<PublicKey>(value, "from").value(),
                                {std::string(kind->as_str().value()),
                                 bytes_field(value, "bytes", content_size_max).value().str()},
                                number_field<std::uint64_t>(value, "since").value()});
    });
}

bool RoomLobby::add(const RoomId& room, const PublicKey& from, const Content& content,
                    std::uint64_t now) {
    std::size_t all = 0;
    std::size_t of_one = 0;
    for (const auto& [id, waiting] : rooms_) {
        all += waiting.size();
        of_one += static_cast<std::size_t>(
            std::count_if(waiting.begin(), waiting.end(),
                          [&](const auto& entry) { return entry.second.from == from; }));
    }
    if (of_one >= waiting_of_one_max) {
        return false;
    }
    if (all >= waiting_max) {
        make_space();
    }
    const std::string kept = pack(Dict{{"from", Bytes(from.bytes())},
                                       {"kind", content.kind},
                                       {"bytes", Bytes(content.bytes)},
                                       {"since", now}})
                                 .value();
    const std::string name = name_in_room(room, ByteView(message_hash(kept)));
    vault_->put("room.early", name, kept);
    rooms_[room].insert_or_assign(name, Waiting{from, content, now});
    return true;
}

void RoomLobby::make_space() {
    std::map<PublicKey, std::size_t> counts;
    for (const auto& [room, waiting] : rooms_) {
        for (const auto& [name, one] : waiting) {
            ++counts[one.from];
        }
    }
    const PublicKey most =
        std::max_element(counts.begin(), counts.end(), [](const auto& one, const auto& other) {
            return one.second < other.second;
        })->first;
    auto oldest_in = rooms_.end();
    std::map<std::string, Waiting>::iterator oldest;
    for (auto room = rooms_.begin(); room != rooms_.end(); ++room) {
        for (auto one = room->second.begin(); one != room->second.end(); ++one) {
            if (one->second.from == most &&
                (oldest_in == rooms_.end() || one->second.since < oldest->second.since)) {
                oldest_in = room;
                oldest = one;
            }
        }
    }
    vault_->erase("room.early", oldest->first);
    oldest_in->second.erase(oldest);
    if (oldest_in->second.empty()) {
        rooms_.erase(oldest_in);
    }
}

std::optional<RoomLog> RoomLobby::log(const RoomId& room, std::uint64_t& count) const {
    std::multimap<std::uint64_t, RoomRecord> records;
    count = 0;
    if (const auto found = rooms_.find(room); found != rooms_.end()) {
        for (const auto& [name, waiting] : found->second) {
            auto content = waiting.content.kind == room_kind::records
                               ? RecordsContent::unpack(waiting.content.bytes)
                               : Errc::malformed;
            if (content) {
                count = std::max(count, content->count);
                for (RoomRecord& record : content->records) {
                    const std::uint64_t number = record.number;
                    records.emplace(number, std::move(record));
                }
            }
        }
    }
    std::optional<RoomLog> log;
    for (const auto& [number, record] : records) {
        if (log) {
            (void)log->append(record);  // what is no record of it says nothing
        } else if (auto begun = RoomLog::begin(record, room)) {
            log = std::move(*begun);
        }
    }
    return log;
}

std::vector<RoomLobby::Waiting> RoomLobby::take(const RoomId& room) {
    std::vector<Waiting> taken;
    if (const auto found = rooms_.find(room); found != rooms_.end()) {
        for (auto& [name, waiting] : found->second) {
            vault_->erase("room.early", name);
            taken.push_back(std::move(waiting));
        }
        rooms_.erase(found);
    }
    return taken;
}

std::vector<RoomId> RoomLobby::forget_before(std::uint64_t time) {
    std::vector<RoomId> forgotten;
    for (const auto& [room, waiting] : rooms_) {
        if (std::all_of(waiting.begin(), waiting.end(),
                        [&](const auto& entry) { return entry.second.since < time; })) {
            forgotten.push_back(room);
        }
    }
    for (const RoomId& room : forgotten) {
        (void)take(room);
    }
    return forgotten;
}

}  // namespace netaio::chat

#include <algorithm>
#include <limits>
#include <netaio/packify.hpp>
#include <utility>

#include "fields.hpp"
#include "room.hpp"
#include "room_contents.hpp"
#include "room_names.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

std::pair<const Value&, const Value&> pair_in(const Value& item) {
    const auto& items = item.as_list()->items;
    return {items.at(0), items.at(1)};
}

std::string kept_leaving(const std::map<PublicKey, std::uint64_t>& leaving) {
    List list;
    for (const auto& [member, at] : leaving) {
        list.items.push_back(List{Bytes(member.bytes()), at});
    }
    return pack(list).value();
}

std::map<PublicKey, std::uint64_t> leaving_kept(ByteView kept) {
    std::map<PublicKey, std::uint64_t> leaving;
    const Value list = unpack(kept).value();
    for (const Value& item : list.as_list()->items) {
        const auto& [member, at] = pair_in(item);
        leaving.emplace(PublicKey::parse(member.as_bytes().value()).value(), at.as_uint().value());
    }
    return leaving;
}

std::string kept_epochs(const std::map<std::uint64_t, std::uint64_t>& epochs) {
    List list;
    for (const auto& [epoch, since] : epochs) {
        list.items.push_back(List{epoch, since});
    }
    return pack(list).value();
}

std::map<std::uint64_t, std::uint64_t> epochs_kept(ByteView kept) {
    std::map<std::uint64_t, std::uint64_t> epochs;
    const Value list = unpack(kept).value();
    for (const Value& item : list.as_list()->items) {
        const auto& [epoch, since] = pair_in(item);
        epochs.emplace(epoch.as_uint().value(), since.as_uint().value());
    }
    return epochs;
}

HeldMessage held_kept(ByteView kept) {
    const Value value = unpack(kept).value();
    const Value* const witnessed = value.find("witnessed");
    const auto id = array_field<16>(value, "id");
    return {.from = key_field<PublicKey>(value, "from").value(),
            .epoch = number_field<std::uint64_t>(value, "epoch").value(),
            .bytes = bytes_field(value, "bytes", content_size_max).value().str(),
            .id = id ? std::optional(*id) : std::nullopt,
            .witnessed = witnessed && witnessed->as_bool().value_or(false)};
}

// Earlier it was the hash alone.
Room::LetGo let_go_kept(ByteView kept) {
    if (kept.size() == MessageHash().size()) {
        return {.hash = array_of<32>(Bytes(kept)).value(), .epoch = 0};
    }
    const Value value = unpack(kept).value();
    return {.hash = array_field<32>(value, "hash").value(),
            .epoch = number_field<std::uint64_t>(value, "epoch").value()};
}

}  // namespace

void Room::keep() const {
    vault_->put("room", ByteView(id()),
                pack(Dict{{"unread", kept_.unread.count},
                          {"shown", kept_.unread.after},
                          {"oldest_epoch", kept_.oldest_epoch},
                          {"epochs", Bytes(kept_epochs(kept_.epochs))},
                          {"due_since", kept_.due_since},
                          {"clock", kept_.clock},
                          {"leaving", Bytes(kept_leaving(kept_.leaving))},
                          {"asked_to_leave", kept_.asked_to_leave},
                          {"removal_told", kept_.removal_told}})
                    .value());
}

void Room::restore_kept(ByteView kept) {
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    const Value value = unpack(kept).value();
    kept_ = {.unread = {number_field<std::uint64_t>(value, "unread").value(),
                        number_field<std::uint64_t>(value, "shown").value()},
             .oldest_epoch = number_field<std::uint64_t>(value, "oldest_epoch").value(),
             .due_since = number_field<std::uint64_t>(value, "due_since").value(),
             .clock = number_field<std::uint64_t>(value, "clock").value(),
             .epochs = epochs_kept(bytes_field(value, "epochs", all).value()),
             .leaving = leaving_kept(bytes_field(value, "leaving", all).value()),
             .asked_to_leave = value.find("asked_to_leave")->as_bool().value(),
             .removal_told = number_field<std::uint64_t>(value, "removal_told").value()};
}

// Puts together what the vault has of each room.
class RoomLoader {
public:
    RoomLoader(const PublicKey& me, Vault& vault) : me_(me), vault_(&vault) {}

    std::map<RoomId, Room> load() {
        load_logs();
        each("room", [](Room& room, ByteView, ByteView kept) { room.restore_kept(kept); });
        each("room.key", [](Room& room, ByteView number, ByteView key) {
            const auto epoch = SecretReader(number).take_number<std::uint64_t>();
            room.keys_.emplace(epoch, SecretKey::parse(key).value());
        });
        each("room.seen", [](Room& room, ByteView hash, ByteView kept) {
            room.history_.restore_seen(hash, kept);
        });
        each("room.event", [](Room& room, ByteView line, ByteView kept) {
            room.history_.restore_event(SecretReader(line).take_number<std::uint64_t>(),
                                        unpack(kept).value().as_uint().value());
        });
        each("room.heads",
             [](Room& room, ByteView, ByteView kept) { room.history_.restore_heads(kept); });
        each("room.held", [](Room& room, ByteView hash, ByteView kept) {
            MessageHash at{};
            std::copy_n(hash.octets(), std::min(at.size(), hash.size()), at.begin());
            room.held_.emplace(at, held_kept(kept));
        });
        each("room.let_go", [](Room& room, ByteView from, ByteView kept) {
            room.let_go_.emplace(PublicKey::parse(from).value(), let_go_kept(kept));
        });
        each("room.split",
             [](Room& room, ByteView, ByteView kept) { room.split_ = unpack_split(kept).value(); });
        return std::move(rooms_);
    }

private:
    void load_logs() {
        std::map<RoomId, std::vector<RoomRecord>> records;
        vault_->each("room.record", [&](ByteView name, ByteView kept) {
            records[room_in_name(name)].push_back(
                RoomRecord::from_value(unpack(kept).value()).value());
        });
        for (const auto& [id, of_room] : records) {
            rooms_.emplace(id, Room(RoomLog::verify(of_room, id).value(), me_, *vault_));
        }
    }

    template <class Restore>
    void each(std::string_view kind, const Restore& restore) {
        vault_->each(kind, [&](ByteView name, ByteView kept) {
            const auto room = rooms_.find(room_in_name(name));
            if (room != rooms_.end()) {
                restore(room->second, rest_of_name(name), kept);
            }
        });
    }

    PublicKey me_;
    Vault* vault_;
    std::map<RoomId, Room> rooms_;
};

std::map<RoomId, Room> Room::load(const PublicKey& me, Vault& vault) {
    return RoomLoader(me, vault).load();
}

}  // namespace netaio::chat

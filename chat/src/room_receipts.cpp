#include "room_receipts.hpp"

#include <algorithm>
#include <netaio/packify.hpp>

#include "fields.hpp"

namespace netaio::chat {
namespace {

std::string receipt_name(const PublicKey& to, const MessageId& id) {
    return to.bytes().str().append(ByteView(id));
}

}  // namespace

RoomReceipts::RoomReceipts(Vault& vault) : vault_(&vault) {
    vault.each("room.sent", [&](ByteView name, ByteView kept) {
        const Value value = unpack(kept).value();
        const Key key{PublicKey::parse(name.substr(0, key_size)).value(),
                      array_of<16>(Bytes(ByteView(name.substr(key_size)))).value()};
        const Sent sent{{array_field<32>(value, "room").value(),
                         number_field<std::uint64_t>(value, "line").value()},
                        static_cast<Mark>(number_field<std::uint8_t>(value, "mark").value())};
        sent_.emplace(key, sent);
        of_[sent.message].insert(key);
        last_[sent.message.room] = std::max(last_[sent.message.room], sent.message.line);
    });
}

void RoomReceipts::add(const PublicKey& to, const MessageId& id, const Message& message) {
    let_go_of_old(message);
    put({to, id}, {message, Mark::waiting});
    of_[message].insert({to, id});
}

bool RoomReceipts::is_among_last(const Message& message) const {
    const auto last = last_.find(message.room);
    return last == last_.end() || message.line + lines_to_be_read_max > last->second;
}

// Of messages that are not among the last any more, nobody has to say that they read them.
void RoomReceipts::let_go_of_old(const Message& latest) {
    std::uint64_t& last = last_[latest.room];
    const std::uint64_t was_first = last < lines_to_be_read_max ? 0 : last - lines_to_be_read_max;
    last = std::max(last, latest.line);
    std::vector<Key> old;
    for (auto of = of_.lower_bound({latest.room, was_first});
         of != of_.end() && of->first.room == latest.room && !is_among_last(of->first); ++of) {
        for (const Key& key : of->second) {
            if (sent_.at(key).mark == Mark::delivered) {
                old.push_back(key);
            }
        }
    }
    for (const Key& key : old) {
        erase(key);
    }
}

std::optional<RoomReceipts::Sent> RoomReceipts::marked(const PublicKey& to, const MessageId& id,
                                                       Mark mark) {
    const auto found = sent_.find({to, id});
    if (found == sent_.end() || found->second.mark >= mark) {
        return std::nullopt;
    }
    const Sent before = found->second;
    if (mark == Mark::read || (mark == Mark::delivered && !is_among_last(before.message))) {
        erase(found->first);
    } else {
        put(found->first, {before.message, mark});
    }
    return before;
}

std::vector<RoomReceipts::Sent> RoomReceipts::forget(const RoomId& room, const PublicKey& to) {
    std::vector<Key> keys;
    for (auto sent = sent_.lower_bound({to, MessageId{}});
         sent != sent_.end() && sent->first.first == to; ++sent) {
        if (sent->second.message.room == room) {
            keys.push_back(sent->first);
        }
    }
    std::vector<Sent> forgotten;
    for (const Key& key : keys) {
        forgotten.push_back(sent_.at(key));
        erase(key);
    }
    return forgotten;
}

Mark RoomReceipts::mark(const Message& message) const {
    Mark least = Mark::delivered;
    if (const auto of = of_.find(message); of != of_.end()) {
        for (const Key& key : of->second) {
            least = std::min(least, sent_.at(key).mark);
        }
    }
    return least;
}

void RoomReceipts::put(const Key& key, const Sent& sent) {
    vault_->put("room.sent", receipt_name(key.first, key.second),
                pack(Dict{{"room", Bytes(ByteView(sent.message.room))},
                          {"line", sent.message.line},
                          {"mark", static_cast<std::uint8_t>(sent.mark)}})
                    .value());
    sent_.insert_or_assign(key, sent);
}

void RoomReceipts::erase(const Key& which) {
    const Key key = which;
    const auto of = of_.find(sent_.at(key).message);
    of->second.erase(key);
    if (of->second.empty()) {
        of_.erase(of);
    }
    sent_.erase(key);
    vault_->erase("room.sent", receipt_name(key.first, key.second));
}

}  // namespace netaio::chat

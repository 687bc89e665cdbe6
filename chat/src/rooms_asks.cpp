#include <algorithm>
#include <iterator>
#include <utility>

#include "rooms_impl.hpp"

namespace netaio::chat {
namespace {

// Seconds until the same is asked of the same person again.
constexpr std::uint64_t ask_again_after = 30;
constexpr std::size_t asked_max = 10'000;
// How many asks of one person are answered in a minute.
constexpr std::size_t answers_in_minute_max = 120;
// How many messages are asked for at once.
constexpr std::size_t asked_messages_max = 4 * message_heads_max;
// How many messages one ask is answered with, and bytes of them.
constexpr std::size_t brought_messages_max = 100;
constexpr std::size_t brought_bytes_max = 500'000;
// How many are looked at for that.
constexpr std::size_t visited_messages_max = 50'000;

constexpr std::uint64_t key_age = 24 * 3600;
// What the owner does at once, the stand-in does so much later.
constexpr std::uint64_t stand_in_waits_for_removal = 3600;
constexpr std::uint64_t stand_in_waits_for_key = 24 * 3600;
constexpr std::uint64_t lobby_age = 7 * 24 * 3600;

bool is_known(const LastNumbers& known, const SeenMessage& message) {
    const auto of = known.find(message.from);
    return of != known.end() && message.number <= of->second;
}

}  // namespace

bool Rooms::Impl::may_ask(std::string what) {
    const auto found = asked_.find(what);
    if (found == asked_.end()) {
        return asked_.size() < asked_max && asked_.emplace(std::move(what), now()).second;
    }
    const bool is_due = found->second + ask_again_after <= now();
    if (is_due) {
        found->second = now();
    }
    return is_due;
}

void Rooms::Impl::ask_records(const Room& room, const PublicKey& whom, std::uint64_t first) {
    if (whom != me_ &&
        may_ask(name_in_room(room.id(), whom.bytes()) + "record" + std::to_string(first))) {
        (void)carry(whom, AskContent{.room = room.id(), .first_record = first}.pack());
    }
}

void Rooms::Impl::ask_key(const Room& room, const PublicKey& whom, std::uint64_t epoch) {
    if (whom != me_ &&
        may_ask(name_in_room(room.id(), whom.bytes()) + "key" + std::to_string(epoch))) {
        (void)carry(whom, AskContent{.room = room.id(), .epoch = epoch}.pack());
    }
}

void Rooms::Impl::ask_messages(const Room& room, const PublicKey& whom,
                               const std::vector<MessageHash>& missing) {
    std::vector<MessageHash> messages;
    for (const MessageHash& hash : missing) {
        if (whom == me_ || room.held().contains(hash) ||
            !may_ask(name_in_room(room.id(), ByteView(hash)))) {
            continue;
        }
        messages.push_back(hash);
        if (messages.size() == message_heads_max) {
            ask_messages_of(room, whom, std::exchange(messages, {}));
        }
    }
    if (!messages.empty()) {
        ask_messages_of(room, whom, std::move(messages));
    }
}

void Rooms::Impl::ask_messages_of(const Room& room, const PublicKey& whom,
                                  std::vector<MessageHash> messages) {
    AskContent ask{
        .room = room.id(), .messages = std::move(messages), .known = room.history().last_numbers()};
    // Of whose messages it says nothing, all are sent once more.
    while (ask.known->size() > last_numbers_max) {
        ask.known->erase(std::prev(ask.known->end()));
    }
    (void)carry(whom, ask.pack());
}

// Only who gets on with what comes asks on.
void Rooms::Impl::came_more(Room& room, const PublicKey& from) {
    if (from == me_ || !room.is_member() || !room.state().has(from) ||
        room.history().size() == room.size_when_asked_on) {
        return;
    }
    auto messages = room.wanted_in_turn(message_heads_max, room.turns);
    if (messages.empty()) {
        return;
    }
    ++room.turns;
    room.size_when_asked_on = room.history().size();
    ask_messages_of(room, from, std::move(messages));
}

std::error_code Rooms::Impl::came_ask(Room& room, const PublicKey& from, ByteView bytes) {
    const auto ask = AskContent::unpack(bytes);
    if (!ask) {
        return ask.error();
    }
    const PublicKey& who = from;
    if (!room.log().was_member(who)) {
        return Errc::auth_failed;
    }
    auto& [minute, count] = answered_[from];
    if (minute != now() / 60) {
        minute = now() / 60;
        count = 0;
    }
    if (++count > answers_in_minute_max) {
        return Errc::queue_full;
    }
    if (ask->first_record) {
        const auto records = records_for(room, who);
        if (*ask->first_record < records.size()) {
            (void)carry(from, RecordsContent::from(records, *ask->first_record).pack());
        }
    }
    if (ask->epoch && room.state().has(who) && room.log().was_in_epoch(who, *ask->epoch)) {
        if (const SecretKey* const key = room.key(*ask->epoch)) {
            (void)carry(from,
                        KeyContent{room.id(), *ask->epoch, *key, room.history().clock()}.pack());
        }
    }
    answer_messages(room, who, *ask);
    return {};
}

// The oldest first, so that each can be taken when it comes; what was brought a moment ago is on
// its way.
void Rooms::Impl::answer_messages(const Room& room, const PublicKey& who, const AskContent& ask) {
    Brought& brought = brought_[{who, room.id()}];
    if (brought.at + ask_again_after <= now()) {
        brought = {.at = now()};
    }
    std::size_t count = 0;
    std::size_t bytes = 0;
    bool is_full = false;
    std::map<std::uint64_t, bool> was_member;  // by records: the log may be long
    const auto is_theirs = [&](const SeenMessage& message) {
        const auto [at, is_new] = was_member.try_emplace(message.record);
        if (is_new) at->second = room.log().was_member(who, message.record);
        return at->second;
    };
    const auto bring = [&](const MessageHash& hash, const SeenMessage& message) {
        const auto sealed = is_theirs(message) ? room.history().sealed(hash) : std::nullopt;
        if (!sealed) {
            return true;
        }
        bytes += sealed->size();
        if (++count > brought_messages_max || bytes > brought_bytes_max) {
            return false;
        }
        is_full = !carry(who, {std::string(room_kind::message), *sealed});
        return !is_full;
    };
    LastNumbers known = ask.known.value_or(LastNumbers());
    for (const auto& [member, number] : brought.up_to) {
        known[member] = std::max(known[member], number);
    }
    std::uint64_t clock = 0;
    for (const MessageHash& hash : ask.messages) {
        const SeenMessage* const message = room.history().find(hash);
        if (!message) {
            continue;
        }
        clock = std::max(clock, message->clock);
        // Of somebody who was removed, they may know later ones and not this.
        if ((!ask.known || is_known(*ask.known, *message)) && !bring(hash, *message)) {
            break;
        }
    }
    if (!ask.known || is_full) {
        return;
    }
    bool is_all = true;
    room.history().each_after(known, clock, visited_messages_max,
                              [&](const MessageHash& hash, const SeenMessage& message) {
                                  is_all = bring(hash, message);
                                  if (is_all) {
                                      brought.up_to[message.from] = message.number;
                                  }
                                  return is_all;
                              });
    if (!is_all && !is_full) {
        (void)carry(who, pack_more(room.id()));
    }
}

// Whoever brought what waits is asked first, then each member in turn.
void Rooms::Impl::ask_again(Room& room) {
    if (!room.is_member()) {
        return;
    }
    const auto& members = room.state().members;
    const std::size_t turn = room.rounds++ % (members.size() + 1);
    const auto in_turn = turn == 0 ? std::nullopt : std::optional(members[turn - 1]);
    if (room.state().epoch > 0 && !room.key(room.state().epoch)) {
        ask_key(room, in_turn.value_or(room.state().owner), room.state().epoch);
    }
    std::map<PublicKey, std::vector<MessageHash>> missing;
    std::size_t count = 0;
    for (const auto& [hash, message] : room.held()) {
        const PublicKey whom = in_turn.value_or(message.from);
        if (message.wait == Wait::records) {
            ask_records(room, whom, room.log().records().size());
        } else if (message.wait == Wait::key) {
            ask_key(room, whom, message.epoch);
        } else if (message.wait == Wait::messages && count < asked_messages_max) {
            count += message.missing.size();
            auto& of = missing[whom];
            of.insert(of.end(), message.missing.begin(), message.missing.end());
        }
    }
    for (const auto& [from, each] : room.were_let_go()) {
        missing[in_turn.value_or(from)].push_back(each.hash);
    }
    for (const auto& [whom, hashes] : missing) {
        ask_messages(room, whom, hashes);
    }
}

void Rooms::Impl::make_due_key(Room& room) {
    const RoomState& state = room.state();
    const bool is_owner = state.owner == me_;
    if (!is_owner && state.stand_in != me_) {
        return;
    }
    const std::uint64_t removal_wait = is_owner ? 0 : stand_in_waits_for_removal;
    const std::uint64_t key_wait = is_owner ? 0 : stand_in_waits_for_key;
    const auto leaving = room.kept().leaving;
    for (const auto& [who, since] : leaving) {
        if (since + removal_wait <= now() && who != me_ && room.state().has(who)) {
            (void)remove(room.id(), who);
        }
    }
    const auto begun = room.kept().epochs.find(room.state().epoch);
    const std::uint64_t epoch_since = begun == room.kept().epochs.end() ? 0 : begun->second;
    const bool is_due = room.state().key_is_due ? room.kept().due_since + removal_wait <= now()
                                                : epoch_since + key_age + key_wait <= now();
    if (is_due) {
        if (const auto error = begin_epoch(room)) {
            notice(Notice::Kind::missing, room.id(),
                   name_of(room) + " cannot get its next key: " + error.message());
        }
        try_all_again(room);
    }
}

void Rooms::Impl::tick() {
    std::erase_if(asked_,
                  [&](const auto& entry) { return entry.second + ask_again_after <= now(); });
    std::erase_if(brought_,
                  [&](const auto& entry) { return entry.second.at + ask_again_after <= now(); });
    std::erase_if(answered_, [&](const auto& entry) { return entry.second.first != now() / 60; });
    for (auto& [id, room] : rooms_) {
        pay_all(room);
        try_all_again(room);
        make_due_key(room);
        ask_again(room);
    }
    for (const RoomId& id : lobby_.forget_before(now() < lobby_age ? 0 : now() - lobby_age)) {
        notice(Notice::Kind::missing, id,
               "of a room something came early, and never what it waited for: it was let go");
    }
}

}  // namespace netaio::chat

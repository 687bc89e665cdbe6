// What somebody with true keys says within a session, and as a member of a room: whatever it is,
// nobody else is taken to have said it, what others said and who is in a room stays as it was, all
// that is kept can be read again, and whoever is honest is heard as before.

#include <fuzzer/FuzzedDataProvider.h>

#include <filesystem>
#include <netaio/chat/chat.hpp>
#include <vector>

#include "messenger_message.hpp"
#include "room_contents.hpp"
#include "room_names.hpp"
#include "support.hpp"
#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"
#include "true_keys.hpp"

namespace netaio::chat {
namespace {

using fuzz::require;
using fuzz::TrueKeys;

constexpr std::uint64_t begun_at = 1'700'000'000;

struct Outside {
    std::shared_ptr<test::FixedClock> clock = std::make_shared<test::FixedClock>();
    std::shared_ptr<test::CountingRandom> random = std::make_shared<test::CountingRandom>();

    Environment environment() const { return {.clock = clock, .random = random}; }
};

// What mallory was told of a room.
struct ToldOfRoom {
    std::vector<RoomRecord> records = {};
    std::vector<KeyContent> keys = {};
    std::vector<std::string> messages = {};  // as they travel

    void hear(const std::string& text) {
        const auto message = PlainMessage::unpack(text);
        if (!message) return;
        const Content& content = message->content;
        if (content.kind == room_kind::records) {
            const auto some = RecordsContent::unpack(content.bytes).value();
            records.insert(records.end(), some.records.begin(), some.records.end());
        } else if (content.kind == room_kind::key) {
            keys.push_back(KeyContent::unpack(content.bytes).value());
        } else if (content.kind == room_kind::message) {
            messages.push_back(content.bytes);
        }
    }
};

// Ann and bob talk, and are in a room of ann's with mallory, who holds true keys. Made once; each
// run goes on from a copy.
class Beginning {
public:
    static const Beginning& of_all_runs() {
        static const Beginning beginning;
        return beginning;
    }

    Outside outside;
    Identity ann = Identity::make(*outside.random);
    Identity bob = Identity::make(*outside.random);
    std::optional<TrueKeys> mallory;
    ToldOfRoom told;
    RoomId room{};
    test::TemporaryFolder folder{test::fastest_folder()};
    std::string ann_file = folder.file("ann");
    std::string bob_file = folder.file("bob");

private:
    Beginning() {
        Chat hers(ann, "ann", ann_file, outside.environment(), {});
        Chat his(bob, "bob", bob_file, outside.environment(), {});
        mallory.emplace(hers.bundle_to_hand_out(), begun_at, outside.random);
        room = hers.make_room("room").value();
        require(!hers.invite(room, bob.public_key()) && !hers.invite(room, mallory->key()));
        require(hers.say(bob.public_key(), "to bob") && hers.say(room, "to all"));
        require(!hers.bundle_came(his.bundle_to_hand_out()));
        const std::string count(count_id_size, 'm');
        const PlainMessage first{{1}, {"text", "from mallory"}, begun_at, count, 1, 1};
        require(!hers.receive(mallory->say(first.pack())));
        require(hers.say(mallory->key(), "to mallory").has_value());
        for (const Parcel& parcel : hers.parcels()) {
            if (parcel.to == bob.public_key()) {
                require(!his.receive(parcel.envelope));
                hers.was_taken(parcel.number);
            } else {
                told.hear(mallory->hear(parcel.envelope).value());
            }
        }
        for (const Parcel& parcel : his.parcels()) {
            require(!hers.receive(parcel.envelope));
            his.was_taken(parcel.number);
        }
        require(told.keys.size() == 1 && told.messages.size() == 1);
    }
};

// Ann's chat, and what mallory sends to it.
class Run {
public:
    explicit Run(FuzzedDataProvider& input) : input_(input) {
        *outside_.random = *beginning_.outside.random;
        mallory_.draw_from(outside_.random);
        for (const auto& [from, to] :
             {std::pair(beginning_.ann_file, file_), std::pair(beginning_.bob_file, bob_file_)}) {
            std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
        }
        begin();
        before_ = lines_of_others();
    }

    void go_on() {
        switch (input_.ConsumeIntegralInRange(0, 15)) {
            case 0: receive(mallory_.say(bytes())); break;
            case 1: receive(any_letter()); break;
            case 2: say_content("receipt", any_receipt().pack()); break;
            case 3: say_content(any_kind(), bytes()); break;
            case 4: say_content("text", bytes()); break;
            case 5: say_content("name", bytes()); break;
            case 6:
                say_content(KeyContent{any_room(), any_number(), any_key(), any_number()});
                break;
            case 7: say_content(any_ask()); break;
            case 8: say_content(pack_split(any_room(), {any_record(), any_record()})); break;
            case 9: say_content(any_records()); break;
            case 10:
            case 11: say_content(std::string(room_kind::message), any_room_message()); break;
            case 12: {
                const RoomId room = any_room();
                say_content(input_.ConsumeBool() ? pack_leave(room) : pack_more(room));
                break;
            }
            case 13: mallory_makes_room(); break;
            case 14: begin(); break;
            default: ann_does_something();
        }
    }

    void check() {
        const auto before = views();
        begin();
        require(views() == before);
        require(lines_of_others() == before_);
        require(others_in(beginning_.room) == others_);
        check_bob();
    }

private:
    void begin() {
        chat_.reset();
        chat_.emplace(beginning_.ann, "ann", file_, outside_.environment(), TalkEvents{});
    }
    std::string bytes() { return input_.ConsumeRandomLengthString(200); }
    std::uint64_t any_number() {
        return input_.ConsumeBool() ? input_.ConsumeIntegralInRange<std::uint64_t>(0, 8)
                                    : input_.ConsumeIntegral<std::uint64_t>();
    }
    template <class Thing>
    Thing any_array(const std::vector<Thing>& known) {
        if (!known.empty() && input_.ConsumeBool()) {
            return known[input_.ConsumeIntegralInRange<std::size_t>(0, known.size() - 1)];
        }
        Thing thing{};
        thing[0] = input_.ConsumeIntegral<unsigned char>();
        return thing;
    }
    PublicKey any_member() {
        return input_.PickValueInArray({mallory_.key(), beginning_.ann.public_key(),
                                        beginning_.bob.public_key(), nobody_.public_key()});
    }
    RoomId any_room() { return any_array(rooms_); }
    RecordHash any_record_hash() {
        std::vector<RecordHash> known;
        for (const RoomRecord& record : records_) known.push_back(record.hash());
        return any_array(known);
    }
    MessageHash any_message_hash() { return any_array(message_hashes_); }
    std::string any_kind() {
        return input_.PickValueInArray({"text", "name", "receipt", "room.records", "room.key",
                                        "room.ask", "room.message", "room.split", "room.leave",
                                        "room.later"});
    }

    void receive(const std::string& envelope) { (void)chat_->receive(envelope); }
    void say_content(const std::string& kind, const std::string& content) {
        PlainMessage message{{}, {kind, content}, any_number(), std::string(count_id_size, 'm'), 0,
                             0};
        message.id = any_array<MessageId>({{1}, {2}});
        message.number = input_.ConsumeBool() ? ++said_ : any_number();
        message.first = input_.ConsumeBool() ? 1 : any_number();
        receive(mallory_.say(message.pack()));
    }
    void say_content(const Content& content) { say_content(content.kind, content.bytes); }
    void say_content(const AskContent& content) { say_content(content.pack()); }
    void say_content(const KeyContent& content) { say_content(content.pack()); }
    std::string any_letter() {
        Letter letter{input_.ConsumeBool() ? mallory_.key() : beginning_.bob.public_key(),
                      input_.PickValueInArray({"x3dh", "ratchet", "later"}), bytes()};
        return mallory_.post(letter);
    }
    Receipt any_receipt() {
        Receipt receipt;
        for (auto* const ids : {&receipt.delivered, &receipt.read}) {
            if (input_.ConsumeBool()) ids->push_back(any_array(ids_));
        }
        if (input_.ConsumeBool()) receipt.again.push_back(any_array(envelopes_));
        return receipt;
    }
    SecretKey any_key() {
        if (input_.ConsumeBool()) return beginning_.told.keys[0].key;
        return SecretKey::make(*outside_.random);
    }
    AskContent any_ask() {
        AskContent ask{.room = any_room()};
        if (input_.ConsumeBool()) ask.first_record = any_number();
        if (input_.ConsumeBool()) ask.epoch = any_number();
        while (input_.ConsumeBool() && ask.messages.size() < 3) {
            ask.messages.push_back(any_message_hash());
        }
        while (input_.ConsumeBool() && (!ask.known || ask.known->size() < 3)) {
            if (!ask.known) ask.known.emplace();
            ask.known->emplace(any_member(), any_number());
        }
        return ask;
    }
    // Nothing else can be written.
    std::string any_name() {
        std::string name = input_.ConsumeRandomLengthString(70);
        for (char& letter : name) letter &= 0x7f;
        return name;
    }
    RoomAct any_act() {
        switch (input_.ConsumeIntegralInRange(0, 5)) {
            case 0: return CreateRoom{any_name(), any_array<RoomId>({})};
            case 1: return AddMember{any_member()};
            case 2: return RemoveMember{any_member()};
            case 3: return RenameRoom{any_name()};
            case 4: return BeginEpoch{any_number(), any_array<RoomId>({})};
            default:
                return NameStandIn{input_.ConsumeBool() ? std::optional(any_member())
                                                        : std::nullopt};
        }
    }
    RoomRecord any_record() {
        RoomRecord record =
            records_[input_.ConsumeIntegralInRange<std::size_t>(0, records_.size() - 1)];
        if (input_.ConsumeBool()) return record;
        if (input_.ConsumeBool()) record.room = any_room();
        if (input_.ConsumeBool()) record.number = any_number();
        if (input_.ConsumeBool()) record.previous = any_record_hash();
        if (input_.ConsumeBool()) record.act = any_act();
        if (input_.ConsumeBool()) {
            record.by = mallory_.key();
            record.sign(mallory_.identity());
        }
        return record;
    }
    Content any_records() {
        RecordsContent content{any_room(), any_number(), {}};
        const auto count = input_.ConsumeIntegralInRange<std::size_t>(0, 4);
        while (content.records.size() < count) content.records.push_back(any_record());
        return content.pack();
    }
    std::string any_room_message() {
        const RoomRecord& last =
            records_[input_.ConsumeIntegralInRange<std::size_t>(0, records_.size() - 1)];
        RoomMessage message{.room = last.room,
                            .epoch = input_.ConsumeBool() ? 1 : any_number(),
                            .from = mallory_.key(),
                            .record = last.number,
                            .record_hash = last.hash(),
                            .number = input_.ConsumeBool() ? ++said_in_room_ : any_number(),
                            .previous = {},
                            .clock = input_.ConsumeBool() ? 100 + said_in_room_ : any_number(),
                            .heads = {},
                            .id = any_array(ids_),
                            .at = any_number(),
                            .text = input_.ConsumeBool() ? "text" : ""};
        if (input_.ConsumeBool()) message.from = beginning_.bob.public_key();
        if (input_.ConsumeBool()) message.record = any_number();
        if (input_.ConsumeBool()) message.previous = any_ref();
        while (input_.ConsumeBool() && message.heads.size() < 3) {
            message.heads.push_back(any_ref());
        }
        message.sign(mallory_.identity());
        SealedRoomMessage sealed = SealedRoomMessage::seal(message, any_key(), *outside_.random);
        if (input_.ConsumeIntegralInRange(0, 7) == 0) sealed.record = any_number();
        std::string packed = sealed.pack();
        message_hashes_.push_back(message_hash(packed));
        return packed;
    }
    MessageRef any_ref() {
        return {any_message_hash(), input_.ConsumeBool() ? records_.back().number : any_number()};
    }
    // Of which ann may be a member, and in which mallory may do as she likes.
    void mallory_makes_room() {
        if (rooms_.size() > 3) return;
        RoomLog log = RoomLog::create("hers", mallory_.identity(), *outside_.random);
        const SecretKey key = beginning_.told.keys[0].key;
        const RoomId id = log.state().id;
        for (const RoomAct& act : {RoomAct(BeginEpoch{1, room_key_hash(id, 1, key)}),
                                   RoomAct(AddMember{beginning_.ann.public_key()})}) {
            (void)log.append(log.next(act, mallory_.identity()).value());
        }
        rooms_.push_back(id);
        records_.insert(records_.end(), log.records().begin(), log.records().end());
        for (const std::uint64_t first : {2u, 0u, 1u}) {
            if (input_.ConsumeBool())
                say_content(RecordsContent::from(log.records(), first).pack());
        }
        if (input_.ConsumeBool()) say_content(KeyContent{id, 1, key, any_number()});
    }

    void ann_does_something() {
        switch (input_.ConsumeIntegralInRange(0, 5)) {
            case 0: (void)chat_->say(mallory_.key(), "hers"); break;
            case 1: {
                const RoomId room = any_room();
                if (room != beginning_.room) (void)chat_->say(room, "hers");
                break;
            }
            case 2: chat_->shown(mallory_.key()); break;
            case 3: chat_->shown(any_room()); break;
            case 4:
                outside_.clock->advance(
                    std::chrono::minutes(input_.ConsumeIntegral<std::uint8_t>()));
                (void)chat_->tick();
                break;
            default: hear_ann();
        }
    }
    void hear_ann() {
        for (const Parcel& parcel : chat_->parcels()) {
            if (parcel.to != mallory_.key()) continue;
            envelopes_.push_back(envelope_hash(parcel.envelope));
            const auto text = mallory_.hear(parcel.envelope);
            const auto message = text ? PlainMessage::unpack(*text) : Errc::malformed;
            if (message) ids_.push_back(message->id);
            if (input_.ConsumeBool()) chat_->was_taken(parcel.number);
        }
    }

    using Lines = std::vector<std::pair<std::uint64_t, std::string>>;

    // What ann and bob said to each other, and in ann's room.
    Lines lines_of_others() const {
        Lines lines;
        for (const Place& where : {Place(beginning_.bob.public_key()), Place(beginning_.room)}) {
            for (const Line& line : chat_->lines(where, 0, 1'000)) {
                if (line.from != mallory_.key()) lines.emplace_back(line.number, line.text);
            }
        }
        return lines;
    }
    // She may leave.
    std::vector<PublicKey> others_in(const RoomId& room) const {
        std::vector<PublicKey> others;
        for (const RoomView& view : chat_->rooms()) {
            if (view.id == room) others = view.members;
        }
        std::erase(others, mallory_.key());
        return others;
    }
    // All that is shown.
    std::vector<std::string> views() const {
        std::vector<std::string> all;
        const auto add = [&](const Place& where) {
            for (const Line& line : chat_->lines(where, 0, 1'000)) {
                all.push_back(line.text + std::to_string(line.number) + "/" +
                              std::to_string(static_cast<int>(line.mark)));
            }
        };
        for (const PersonView& person : chat_->people()) {
            all.push_back(person.name + std::to_string(person.unread));
            add(person.key);
        }
        for (const RoomView& room : chat_->rooms()) {
            all.push_back(room.name + std::to_string(room.unread) + "/" +
                          std::to_string(room.members.size()));
            add(room.id);
        }
        return all;
    }
    void check_bob() {
        Chat bob(beginning_.bob, "bob", bob_file_, outside_.environment(), {});
        require(chat_->say(beginning_.bob.public_key(), "still here").has_value());
        for (const Parcel& parcel : chat_->parcels()) {
            if (parcel.to == bob.me()) (void)bob.receive(parcel.envelope);
        }
        const auto lines = bob.lines(beginning_.ann.public_key(), 0, 1);
        require(lines.size() == 1 && lines[0].text == "still here");
    }

    FuzzedDataProvider& input_;
    const Beginning& beginning_ = Beginning::of_all_runs();
    Outside outside_;
    const Identity nobody_ = Identity::make(*outside_.random);
    TrueKeys mallory_ = *beginning_.mallory;
    std::string file_ = beginning_.ann_file + ".run";
    std::string bob_file_ = beginning_.bob_file + ".run";
    std::optional<Chat> chat_;
    Lines before_;
    const std::vector<PublicKey> others_{beginning_.ann.public_key(), beginning_.bob.public_key()};
    std::vector<RoomId> rooms_{beginning_.room};
    std::vector<RoomRecord> records_ = beginning_.told.records;
    std::vector<MessageHash> message_hashes_{message_hash(beginning_.told.messages[0])};
    std::vector<MessageId> ids_{{1}};
    std::vector<EnvelopeHash> envelopes_;
    std::uint64_t said_ = 1;
    std::uint64_t said_in_room_ = 0;
};

}  // namespace
}  // namespace netaio::chat

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    netaio::chat::Run run(input);
    for (int step = 0; step < 30 && input.remaining_bytes() > 0; ++step) run.go_on();
    run.check();
    return 0;
}

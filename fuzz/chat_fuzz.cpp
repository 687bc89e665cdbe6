// Whatever strangers send, nothing of the chat takes it for what the other end wrote, and what is
// taken is the same when it is written again. A session gives each message once, in any order.

#include <fuzzer/FuzzedDataProvider.h>

#include <netaio/chat/envelope.hpp>
#include <netaio/chat/letter.hpp>
#include <netaio/chat/ratchet.hpp>
#include <netaio/chat/x3dh.hpp>
#include <netaio/packify.hpp>
#include <vector>

#include "support.hpp"
#include "support/fixed_environment.hpp"

namespace netaio::chat {
namespace {

using fuzz::require;

constexpr std::uint64_t now = 1'700'000'000;
constexpr std::string_view associated = "associated";

// People who know each other.
struct People {
    test::CountingRandom random;
    Identity alice = Identity::make(random);
    Identity bob = Identity::make(random);
    Prekeys prekeys{bob, now, random};
    X3dhBegun begun = x3dh_begin(alice, prekeys.bundle(), now, random).value();
    Ratchet begins = Ratchet::begin(begun.secret.shared, begun.their_prekey, random).value();
    Ratchet answers = Ratchet::answer(begun.secret.shared,
                                      x3dh_answer(bob, prekeys, begun.header).value().own_prekey);
};

const People& people() {
    static const People all;
    return all;
}

// What these bytes are, if they are a Thing; it must come back from what it is written as.
template <class Thing>
std::optional<Thing> parsed(ByteView bytes) {
    const auto value = unpack(bytes);
    if (!value) return std::nullopt;
    const auto thing = Thing::from_value(*value);
    if (!thing) return std::nullopt;
    const auto again = Thing::from_value(thing->to_value());
    require(again && again->to_value() == thing->to_value());
    return *thing;
}

void take_bundle(ByteView bytes) {
    const auto bundle = parsed<PrekeyBundle>(bytes);
    if (!bundle) return;
    test::CountingRandom random;
    const auto begun = x3dh_begin(people().alice, *bundle, now, random);
    require(!bundle->verify(now) || !begun);
}

void take_header(ByteView bytes) {
    const auto header = parsed<X3dhHeader>(bytes);
    if (!header) return;
    const auto answered = x3dh_answer(people().bob, people().prekeys, *header);
    require(!answered || *header == people().begun.header ||
            answered->secret.shared.reveal() != people().begun.secret.shared.reveal());
}

void take_message(ByteView bytes) {
    const auto message = parsed<RatchetMessage>(bytes);
    if (!message) return;
    test::CountingRandom random;
    for (const Ratchet& end : {people().begins, people().answers}) {
        Ratchet receiver = end;
        if (!receiver.decrypt(*message, associated, random)) {
            require(receiver.save().reveal() == end.save().reveal());
        }
    }
}

void take_envelope(ByteView bytes) {
    const auto content = open_envelope(people().bob, bytes);
    require(!content || content->size() <= envelope_content_max);
}

void take_letter(ByteView bytes) {
    const auto letter = Letter::unpack(bytes);
    if (!letter) return;
    require(Letter::unpack(letter->pack()).value() == *letter);
}

void take_prekeys(ByteView bytes) {
    auto prekeys = Prekeys::load(bytes);
    if (!prekeys) return;
    require(prekeys->save().reveal() == bytes);
    const auto bundle = prekeys->bundle();
    require(PrekeyBundle::from_value(bundle.to_value()).has_value());
    require(prekeys->take(1).has_value() || prekeys->take(1).error() != Errc::stale);
    require(!prekeys->take(1));
}

void take_state(ByteView bytes) {
    auto ratchet = Ratchet::load(bytes);
    if (!ratchet) return;
    require(ratchet->save().reveal() == bytes);
    test::CountingRandom random;
    Ratchet other = people().begins;
    const RatchetMessage message = other.encrypt("text", associated).value();
    if (!ratchet->decrypt(message, associated, random)) {
        require(ratchet->save().reveal() == bytes);
    }
    if (ratchet->can_encrypt()) (void)ratchet->encrypt("text", associated);
}

// Messages on their way to one end.
struct Way {
    Ratchet from;
    Ratchet to;
    std::vector<RatchetMessage> sent = {};
    std::vector<bool> arrived = {};
};

void go_on(Way& way, FuzzedDataProvider& input, Random& random) {
    if (input.ConsumeBool()) {
        if (!way.from.can_encrypt()) return;
        const std::string text = std::to_string(way.sent.size());
        way.sent.push_back(way.from.encrypt(text, associated).value());
        way.arrived.push_back(false);
        return;
    }
    if (way.sent.empty()) return;
    const auto at = input.ConsumeIntegralInRange<std::size_t>(0, way.sent.size() - 1);
    RatchetMessage message = way.sent[at];
    const bool changed = input.ConsumeBool();
    if (changed) message.ciphertext.back() ^= 1;
    const std::string before = way.to.save().reveal().str();
    const auto text = way.to.decrypt(message, associated, random);
    require(text.has_value() == (!changed && !way.arrived[at]));
    require(text ? *text == std::to_string(at) : way.to.save().reveal() == before);
    if (text) way.arrived[at] = true;
}

void have_session(ByteView bytes) {
    FuzzedDataProvider input(bytes.octets(), bytes.size());
    test::CountingRandom random;
    Way to_bob{people().begins, people().answers};
    Way to_alice{people().answers, people().begins};
    for (int step = 0; step < 200 && input.remaining_bytes() > 0; ++step) {
        const bool is_to_bob = input.ConsumeBool();
        Way& way = is_to_bob ? to_bob : to_alice;
        Way& back = is_to_bob ? to_alice : to_bob;
        go_on(way, input, random);
        // Both ends are kept and come back.
        way.from = Ratchet::load(way.from.save().reveal()).value();
        back.from = way.to;
        back.to = way.from;
    }
}

constexpr void (*takers[])(ByteView) = {take_bundle, take_header,  take_message, take_envelope,
                                        take_letter, take_prekeys, take_state,   have_session};

}  // namespace
}  // namespace netaio::chat

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netaio::chat;
    if (size == 0) return 0;
    const netaio::ByteView bytes(std::string_view(reinterpret_cast<const char*>(data), size));
    takers[data[0] % std::size(takers)](bytes.substr(1));
    return 0;
}

#pragma once

#include <functional>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/prekeys.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <vector>

namespace netaio::chat_app {

/// What carries things for a person's chat calls there, as of chat::Chat. They may throw, as when
/// the disk is full: what came then is not taken, and what was to go is tried again.
struct ChatCalls {
    std::function<std::vector<chat::Parcel>()> parcels = {};
    std::function<std::vector<chat::PublicKey>()> wants_bundle = {};
    std::function<std::error_code(const chat::PrekeyBundle&)> bundle_came = {};
    std::function<void(std::uint64_t parcel)> is_at_relay = {};
    std::function<void(std::uint64_t parcel)> was_taken = {};
    std::function<std::error_code(ByteView envelope)> receive = {};
    std::function<chat::PrekeyBundle()> bundle = {};
    std::function<chat::PrekeyBundle()> bundle_to_hand_out = {};
    std::function<std::vector<chat::OneTimePrekey>(std::size_t left)> prekeys_for_relay = {};
    std::function<std::error_code(const chat::PublicKey&, const std::string& name,
                                  std::uint64_t at)>
        met = {};
    std::function<void(const chat::PublicKey&)> gone = {};
};

/// Those of a chat::Chat, which must outlive them.
template <class Chat>
ChatCalls calls_of(Chat& chat) {
    return {
        .parcels = [&chat] { return chat.parcels(); },
        .wants_bundle = [&chat] { return chat.wants_bundle(); },
        .bundle_came = [&chat](const chat::PrekeyBundle& came) { return chat.bundle_came(came); },
        .is_at_relay = [&chat](std::uint64_t parcel) { chat.is_at_relay(parcel); },
        .was_taken = [&chat](std::uint64_t parcel) { chat.was_taken(parcel); },
        .receive = [&chat](ByteView envelope) { return chat.receive(envelope); },
        .bundle = [&chat] { return chat.bundle(); },
        .bundle_to_hand_out = [&chat] { return chat.bundle_to_hand_out(); },
        .prekeys_for_relay = [&chat](std::size_t left) { return chat.prekeys_for_relay(left); },
        .met = [&chat](const chat::PublicKey& key, const std::string& name,
                       std::uint64_t at) { return chat.met(key, name, at); },
        .gone = [&chat](const chat::PublicKey& key) { chat.gone(key); },
    };
}

/// Does what a chat may throw at, and logs that. Whether it did not.
bool noted(const Log& log, const std::function<void()>& work);

/// Hands in the prekeys that came of somebody, unless they are another's. Whether they were taken.
bool hand_in(const ChatCalls& chat, const chat::PublicKey& whom,
             const Result<chat::PrekeyBundle>& came, const Log& log);

/// A way to other people. What it begins it ends by calling `ended` once, later, unless it goes
/// before that; whether it is the right time to try, others say (Carrier).
class Link {
public:
    using Ended = std::function<void(bool done)>;

    virtual ~Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Whether it would get anything to them now.
    virtual bool reaches(const chat::PublicKey& whom) const = 0;
    /// Brings a parcel to its receiver, or to who keeps it for them.
    virtual void carry(const chat::Parcel& parcel, Ended ended) = 0;
    /// Asks for their prekeys, and hands in what comes.
    virtual void ask_bundle(const chat::PublicKey& whom, Ended ended) = 0;

protected:
    Link() = default;
};

}  // namespace netaio::chat_app

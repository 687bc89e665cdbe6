#pragma once

#include <memory>
#include <netaio/chat/envelope.hpp>
#include <netaio/chat/letter.hpp>
#include <netaio/chat/ratchet.hpp>
#include <netaio/chat/x3dh.hpp>
#include <netaio/environment.hpp>
#include <netaio/packify.hpp>
#include <optional>
#include <string>
#include <utility>

namespace netaio::fuzz {

/// Somebody who holds true keys, and has a session with somebody else in which they say whatever
/// they like.
class TrueKeys {
public:
    TrueKeys(const chat::PrekeyBundle& of_the_other, std::uint64_t now,
             std::shared_ptr<Random> random)
        : random_(std::move(random)),
          identity_(chat::Identity::make(*random_)),
          to_(of_the_other.identity),
          begun_(chat::x3dh_begin(identity_, of_the_other, now, *random_).value()),
          ratchet_(
              chat::Ratchet::begin(begun_.secret.shared, begun_.their_prekey, *random_).value()) {}

    const chat::Identity& identity() const noexcept { return identity_; }
    chat::PublicKey key() const { return identity_.public_key(); }

    /// An envelope with any letter.
    std::string post(const chat::Letter& letter) {
        const auto sealed = chat::seal_envelope(to_, letter.pack(), *random_);
        return sealed ? *sealed : std::string();
    }
    /// An envelope with any text in the session; a later one begins as the first does.
    std::string say(ByteView text) {
        const Value encrypted =
            ratchet_.encrypt(text, begun_.secret.associated_data).value().to_value();
        return post(
            {key(), "x3dh",
             pack(Dict{{"header", begun_.header.to_value()}, {"message", encrypted}}).value()});
    }
    /// What the other said in the session, if that is what the envelope has.
    std::optional<std::string> hear(ByteView envelope) {
        const auto inside = chat::open_envelope(identity_, envelope);
        const auto letter = inside ? chat::Letter::unpack(*inside) : Errc::malformed;
        const auto value = letter ? unpack(letter->body) : Errc::malformed;
        const auto message = value ? chat::RatchetMessage::from_value(*value) : Errc::malformed;
        if (!message) return std::nullopt;
        const auto text = ratchet_.decrypt(*message, begun_.secret.associated_data, *random_);
        return text ? std::optional(*text) : std::nullopt;
    }
    void draw_from(std::shared_ptr<Random> random) { random_ = std::move(random); }

private:
    std::shared_ptr<Random> random_;
    chat::Identity identity_;
    chat::PublicKey to_;
    chat::X3dhBegun begun_;
    chat::Ratchet ratchet_;
};

}  // namespace netaio::fuzz

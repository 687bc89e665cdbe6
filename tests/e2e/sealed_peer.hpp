#pragma once

#include <netaio/make.hpp>

#include "core/layers.hpp"
#include "core/node.hpp"
#include "support/net.hpp"
#include "support/session_ends.hpp"

namespace netaio::test {

/// A client by hand that has a session, and can send what no client would.
class SealedPeer {
public:
    /// With the server's key where it is known, and secrets where there are some.
    explicit SealedPeer(std::uint16_t port, std::optional<SessionKey> known = std::nullopt,
                        Plugins outer = {}, std::string seed = std::string(32, 'p'))
        : raw(port), end(std::move(seed)), known_(known) {
        node_.outer = std::move(outer);
        end.psk = core::session_secret(node_.outer.get(), nullptr).psk;
    }

    /// Whether a session began.
    bool shake() {
        auto asker = end.asker(known_);
        const auto first = asked(asker.ask());
        const auto third = first ? asker.take(*first) : Result<std::string>(Errc::closed);
        if (!third) {
            return false;
        }
        auto agreed = asker.agreed();
        session.emplace(std::move(agreed.keys), core::Session::TimePoint());
        if (third->empty()) {
            return true;
        }
        const bool sent = raw.send(question(*third));
        const auto answer = sent ? receive() : std::nullopt;
        return answer && answer->type() == MessageType::respond_uri;
    }
    /// A question of a handshake.
    std::string question(ByteView content) {
        return in_clear(OwnedMessage(MessageType::request_uri, core::session_uri, content));
    }
    /// Without a session.
    std::string in_clear(OwnedMessage message) {
        EXPECT_FALSE(core::seal(message, {}, node_.outer.get(), node_.context(nullptr)));
        said += encoded(message);
        return encoded(message);
    }
    /// What answers it; nothing where that is no part of a handshake.
    std::optional<std::string> asked(ByteView content) {
        auto answer = raw.send(question(content)) ? raw.receive() : std::nullopt;
        if (!answer || core::open_layer(*answer, node_.outer.get(), node_.context(nullptr)) ||
            answer->type() != MessageType::respond_uri) {
            return std::nullopt;
        }
        return answer->content().str();
    }
    std::string sealed(ByteView frame) {
        std::string bytes;
        session->seal(frame, core::Session::TimePoint(), bytes);
        said += bytes;
        return bytes;
    }
    std::string sealed(const Message& message) { return sealed(encoded(message)); }
    bool send(const Message& message) { return raw.send(sealed(message)); }
    /// The next message, which has to be sealed.
    std::optional<OwnedMessage> receive() {
        heard = raw.receive_frame().value_or("");
        std::string bytes = heard;
        const auto frame =
            bytes.empty() ? std::nullopt : std::optional(core::test::frame_in(bytes));
        const auto opened = frame ? session->open(*frame) : Errc::closed;
        return opened && *opened ? std::optional((*opened)->message()->own()) : std::nullopt;
    }

    RawPeer raw;
    core::test::ShakingEnd end;
    std::optional<core::Session> session;
    std::string said;   ///< all of it
    std::string heard;  ///< the last frame, as it came

private:
    std::optional<SessionKey> known_;
    core::Node node_{core::Role::client};
};

}  // namespace netaio::test

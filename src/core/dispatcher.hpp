#pragma once

#include <algorithm>
#include <cstdint>
#include <netaio/frame.hpp>

#include "layers.hpp"
#include "node.hpp"
#include "outcome.hpp"
#include "requests.hpp"
#include "session.hpp"
#include "subscriptions.hpp"
#include "suspended.hpp"
#include "tally.hpp"
#include "unsealed.hpp"

namespace netaio::core {

/// The way of a message through a node, in the one place that knows it: checksum, outer layer,
/// routing, inner layer, handler, and back (protocol.md §3, §4); but for answers that go back to
/// where their question came from as they are (stream_passed.cpp). One for each thread.
class Dispatcher {
public:
    Dispatcher(Node& node, Tallies& tallies)
        : node_(node),
          tallies_(tallies),
          routes_(node.router),
          default_route_(node.default_route),
          outer_(node.outer),
          rules_(node.rules) {}

    /// Handles one frame. Replies are appended to `out` as frames.
    Outcome receive(const Frame& frame, Source& source, std::string& out);
    /// Has a message handled that came within another, whose layers were taken off; the inner one
    /// was that. One that needs a handler of its own is dropped without.
    Outcome receive_within(OwnedMessage&& message, const Plugins& inner, Source& source,
                           std::string& out, bool needs_handler = false);

    /// Whether an auth plugin accepted what receive() had last.
    bool accepted() const noexcept { return accepted_; }

    /// A suspended handler has ended: with a reply or none, or with what it threw. Server and node
    /// append their answer to `out`; for a client the outcome says what receive calls return.
    Outcome ended(Suspended& handler, std::optional<OwnedMessage>&& reply,
                  const std::exception_ptr& failure, Source& source, std::string& out);

    /// Protects a message with both layers and appends it to `out`, with the id of the request that
    /// it is or answers. Where a plugin has to wait, Errc::pending, and the message is left in
    /// `unsealed`; without a place there it cannot be sent.
    std::error_code send(OwnedMessage&& message, const Plugins& inner, const Plugins& outer,
                         const Recipient& to, std::string& out, std::optional<RequestId> id = {},
                         std::unique_ptr<Unsealed>* unsealed = nullptr);

    /// The node's own layer as it is now, as messages without a session pass it.
    boost::local_shared_ptr<const Plugins> outer() { return outer_.get(); }
    /// Another number when that was replaced; never zero.
    std::uint64_t outer_version() { return outer_.version(); }
    /// Whether that is without plugins.
    bool outer_is_bare() { return is_bare(outer_.now()); }
    /// The same as those to and from there pass it.
    boost::local_shared_ptr<const Plugins> outer(const Source& source) {
        return source.sealed() ? within_session() : outer_.get();
    }

    /// The node's rules, as this thread asks them.
    RuleReader& rules() noexcept { return rules_; }
    /// What a plain handler is given just now, and from where; null where none runs.
    struct InHand {
        const Message* message = nullptr;
        const Source* from = nullptr;
        const Route* route = nullptr;
    };
    const InHand& in_hand() const noexcept { return in_hand_; }
    /// As whom somebody asks to be subscribed to the key just now, in the message in hand or those
    /// that suspended handlers work on; by_program() when nobody does. `is_there(from)` says of the
    /// former's source, `is_its(handling)` of the others, whether they are that one's.
    template <class Handlings, class IsThere, class IsIts>
    Asker asks_for(ByteView key, const Handlings& handlings, IsThere&& is_there,
                   IsIts&& is_its) const {
        const auto asks = [&](const Message& message) {
            return message.type() == MessageType::subscribe_uri && message.uri() == key;
        };
        if (in_hand_.from && is_there(*in_hand_.from) && asks(*in_hand_.message)) {
            return Asker(*in_hand_.message);
        }
        for (const auto& handling : handlings) {
            if (is_its(*handling) && asks(handling->message)) {
                return Asker(handling->message);
            }
        }
        return by_program();
    }

    /// Replies of more bytes are not sent: by a node, what a datagram holds.
    void set_reply_max(std::size_t bytes) noexcept { reply_max_ = std::min(bytes, unbounded); }

    Tallies& tallies() noexcept { return tallies_; }

private:
    enum class Layer { outer, inner };

    // What each message passes through: as calls it takes a twelfth more instructions
    // (tests/callgrind: route).
    [[gnu::always_inline]] inline Outcome handle(const Frame& frame, Source& source,
                                                 std::string& out);
    [[gnu::always_inline]] inline Outcome route(Message&& message, Source& source,
                                                std::string& out);
    [[gnu::always_inline]] inline const Route* find_route(const Message& message,
                                                          const Source& source,
                                                          std::shared_ptr<const Route>& taken);
    [[gnu::always_inline]] inline void believed(const Source& source);
    static void note(const Message& message, Source& source);
    [[gnu::always_inline]] inline void reply(const Message& request, OwnedMessage&& message,
                                             const Plugins& inner, Source& source,
                                             std::string& out);

    void not_replied(const Message& request, std::error_code why, std::size_t before,
                     const Plugins& inner, Source& source, std::string& out);
    std::error_code protect(const Message& request, OwnedMessage&& message, const Plugins& inner,
                            const Peer* peer, Source& source, std::string& out);

    [[gnu::always_inline]] inline Outcome admit(const Route* route,
                                                const std::shared_ptr<const Route>& taken,
                                                Message&& message, Source& source,
                                                std::string& out);
    bool refused(const Route* route, const std::shared_ptr<const Route>& taken,
                 const Message& message, Source& source, std::string& out);
    std::optional<std::string> why_not(const Route* route, const Message& message);
    void refuse_admission(std::string_view why, const Route* route, const Message& message,
                          Source& source, std::string& out);
    Outcome finish(const Route& route, Message&& message, std::optional<OwnedMessage>&& reply,
                   Source& source, std::string& out);
    void said_of_another(const Route& route, const Message& asked, const Message& answer,
                         const Source& source);
    Outcome fail(const Route& route, const Message& message, std::string_view what, Source& source,
                 std::string& out);
    // User code that must not throw did: counted and logged, and nothing comes of the message.
    Outcome broken(std::string_view what, const Source& source);
    Outcome call(const Route& route, Message&& message, Source& source, std::string& out);
    Outcome unhandled(Message&& message, Source& source, std::string& out);
    // Takes a layer off; what becomes of the message if that cannot be.
    std::optional<Outcome> open(const Plugins& plugins, Layer layer, const Peer* peer,
                                Message& message, Source& source, std::string& out);
    void learn(Message& message, Layer layer, const Verdict& verdict, const Source& source);
    Outcome refuse(std::error_code error, const Verdict& verdict, const Plugins& plugins,
                   Layer layer, Message& message, Source& source, std::string& out);
    Outcome copied(const Verdict& verdict, const Plugins& plugins, Layer layer, Message& message,
                   Source& source);
    void count_forgotten(const Verdict& verdict) noexcept;
    Outcome auth_failed(const Verdict& verdict, const Plugins& plugins, Layer layer,
                        const Message& message, Source& source, std::string& out);
    void count_refusal(Errc why) noexcept;
    static bool vouched_within(const Route& route, const Plugins& inner,
                               const Message& message) noexcept;
    Outcome bad_checksum(const Message& message, Source& source, std::string& out);
    Outcome drop();
    bool answer_request(Message& message, Source& source, const Peer* peer);
    std::error_code open_answer(Message& message, const Plugins& inner, const Peer* peer,
                                Source& source) noexcept;
    bool answers_own(const Message& message, const Plugins& layer, Source& source) const;
    bool retries(const Message& refusal, const Plugins& layer, Layer which, const Peer* peer,
                 Source& source);
    void say_refusal(const Message& message, const Source& source) const;
    bool fail_request(const Message& message, const Plugins& layer, Errc why, Source& source);
    void automatic(const Message& request, OwnedMessage&& message, bool bare, Source& source,
                   std::string& out, const Plugins& inner = {});

    const boost::local_shared_ptr<const Plugins>& within_session() {
        if (outer_.version() != within_version_) [[unlikely]] {
            renew_within();
        }
        return within_;
    }
    void renew_within();
    void take_sealed(Message& message, const Source& source) noexcept;
    Outcome unsealed(const Message& message, Source& source, std::string& out);
    std::size_t reply_max(const Source& source) const noexcept;

    Node& node_;
    Tallies& tallies_;
    RouteReader routes_;
    Replaceable<Route>::Reader default_route_;
    Replaceable<Plugins>::Reader outer_;
    boost::local_shared_ptr<const Plugins> within_;
    std::uint64_t within_version_ = 0;  // of what that was made from
    RuleReader rules_;
    static constexpr std::size_t unbounded = SIZE_MAX / 2;

    InHand in_hand_;
    std::size_t reply_max_ = unbounded;
    std::size_t frame_size_ = 0;  // of the frame in hand, as it arrived
    bool accepted_ = false;       // whether an auth plugin accepted it
    bool said_of_later_ = false;  // that a later answer was about another uri
};

inline const Route* Dispatcher::find_route(const Message& message, const Source& source,
                                           std::shared_ptr<const Route>& taken) {
    // Whoever says how keys are found says nothing of the protocol's own.
    if (node_.extract_keys && !(node_.session && begins_session(message))) {
        return routes_.find(node_.extract_keys(message, source.remote()), taken);
    }
    return routes_.find(message.type(), message.uri(), source.remote(), taken);
}

}  // namespace netaio::core

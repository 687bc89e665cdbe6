#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <netaio/message_type.hpp>
#include <netaio/never.hpp>
#include <netaio/optional_address.hpp>
#include <netaio/plugins.hpp>
#include <optional>

namespace netaio {

/// A plugin lent to a call: made from a variable that holds a shared pointer to it, or to a class
/// derived from it, and stays until the call is made; that then has its own share. Not made from a
/// temporary, which options that are kept would outlive.
template <class Plugin>
class PluginRef {
    // Options of waiting calls hold nothing that has a destructor, since g++ 12 destroys the
    // members of aggregates made within a co_await expression twice.
public:
    constexpr PluginRef() noexcept = default;
    constexpr PluginRef(std::nullptr_t) noexcept {}
    template <class Held>
        requires std::convertible_to<Held*, const Plugin*>
    PluginRef(const std::shared_ptr<Held>& plugin) noexcept
        : plugin_(&plugin), share_([](const void* held) -> std::shared_ptr<const Plugin> {
              return *static_cast<const std::shared_ptr<Held>*>(held);
          }) {}
    template <class Held>
    PluginRef(const std::shared_ptr<Held>&& temporary) = delete;

    /// A share of the plugin; null when there is none.
    std::shared_ptr<const Plugin> share() const { return plugin_ ? share_(plugin_) : nullptr; }

private:
    const void* plugin_ = nullptr;
    std::shared_ptr<const Plugin> (*share_)(const void*) = nullptr;
};

/// One request's own terms. Safe to keep for as long as the plugins' variables are.
struct RequestOptions {
    /// How long to wait for the answer, or `never` to give up; unless given, the request_timeout of
    /// who asks. With zero it is sent and given up at once, with Errc::timeout.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /// The inner layer: request and answer go through these.
    PluginRef<AuthPlugin> auth = {};
    PluginRef<CipherPlugin> cipher = {};
    /// Whom to ask: a client's default server unless given; a node has to be told.
    OptionalAddress server = {};
    /// The type of the answer, where it is none that always answers such a request.
    std::optional<MessageType> reply_type = std::nullopt;
};

/// How to subscribe, see Requester::subscribe().
struct SubscribeOptions {
    /// To all uris that begin with the one given.
    bool prefix = false;
    /// With the present values: that of a uri is handed to the handler of NOTIFY_URI before the
    /// call ends, those of a prefix come soon after, as notifications; what changes later follows,
    /// without gap or repetition. Over UDP not together with `prefix`; there each renewal brings
    /// the value again, as a notification may have been lost.
    bool present = false;
    /// As of RequestOptions.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    PluginRef<AuthPlugin> auth = {};
    PluginRef<CipherPlugin> cipher = {};
    OptionalAddress server = {};
};

/// How to end a subscription.
struct UnsubscribeOptions {
    /// The one to all uris that begin with the one given.
    bool prefix = false;
    /// As of RequestOptions.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    PluginRef<AuthPlugin> auth = {};
    PluginRef<CipherPlugin> cipher = {};
    OptionalAddress server = {};
};

}  // namespace netaio

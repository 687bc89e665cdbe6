#pragma once

#include <chrono>
#include <memory>
#include <netaio/address.hpp>
#include <netaio/message_type.hpp>
#include <netaio/plugins.hpp>
#include <optional>

namespace netaio {

/// A plugin lent for the time of a call: converts from the shared pointer it was made as, which
/// must stay until the call returns (an awaited one: until it is first suspended). The call then
/// holds its own share.
template <class Plugin>
class PluginRef {
    // Options of waiting calls hold nothing that has a destructor, since g++ 12 destroys the
    // members of aggregates made within a co_await expression twice.
public:
    constexpr PluginRef() noexcept = default;
    constexpr PluginRef(std::nullptr_t) noexcept {}
    PluginRef(const std::shared_ptr<const Plugin>& plugin) noexcept : plugin_(&plugin) {}

    /// A share of the plugin; null when there is none.
    std::shared_ptr<const Plugin> share() const { return plugin_ ? *plugin_ : nullptr; }

private:
    const std::shared_ptr<const Plugin>* plugin_ = nullptr;
};

/// One request's own terms.
struct RequestOptions {
    /// How long to wait for the answer; zero takes the request_timeout of who asks.
    std::chrono::milliseconds timeout = std::chrono::milliseconds(0);
    /// The inner layer: request and answer go through these.
    PluginRef<AuthPlugin> auth = {};
    PluginRef<CipherPlugin> cipher = {};
    /// Whom to ask: a client's default server unless given; a node has to be told.
    std::optional<Address> server = std::nullopt;
    /// The type of the answer, where it is none that always answers such a request.
    std::optional<MessageType> reply_type = std::nullopt;
    /// What to send beside the uri; request() only. Copied by the call.
    ByteView content = {};
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
    std::chrono::milliseconds timeout = std::chrono::milliseconds(0);
    PluginRef<AuthPlugin> auth = {};
    PluginRef<CipherPlugin> cipher = {};
    std::optional<Address> server = std::nullopt;
};

/// How to end a subscription.
struct UnsubscribeOptions {
    /// The one to all uris that begin with the one given.
    bool prefix = false;
    /// As of RequestOptions.
    std::chrono::milliseconds timeout = std::chrono::milliseconds(0);
    PluginRef<AuthPlugin> auth = {};
    PluginRef<CipherPlugin> cipher = {};
    std::optional<Address> server = std::nullopt;
};

}  // namespace netaio

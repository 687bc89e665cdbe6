#pragma once

#include <netaio/frame.hpp>
#include <netaio/tcp_client.hpp>
#include <stdexcept>

#include "core/hub.hpp"
#include "core/key_log.hpp"
#include "core/session_handler.hpp"
#include "core/waiting.hpp"

namespace netaio::net {

template <class Options>
void require_times(const Options& options) {
    if constexpr (requires { options.request_timeout; }) {
        core::require_time(options.request_timeout, "request_timeout");
    }
    if constexpr (requires { options.connect_timeout; }) {
        core::require_time(options.connect_timeout, "connect_timeout");
    }
    if constexpr (requires { options.frame_timeout; }) {
        core::require_time(options.frame_timeout, "frame_timeout");
        core::require_time(options.send_timeout, "send_timeout");
        core::require_time(options.keepalive_timeout, "keepalive_timeout");
    }
    if constexpr (requires { options.renew_subscriptions; }) {
        core::require_time(options.renew_subscriptions, "renew_subscriptions");
    }
    if constexpr (requires { options.idle_timeout; }) {
        core::require_time(options.idle_timeout, "idle_timeout");
        core::require_time(options.stranger_timeout, "stranger_timeout");
    }
}

/// The node that the options of a server or client describe. Throws std::invalid_argument for
/// bounds nothing could keep.
template <class Options>
std::shared_ptr<core::Node> node_of(core::Role role, const Options& options) {
    if constexpr (requires { options.frame_max; }) {
        if (options.frame_max < FrameHeader::size + 5) {
            throw std::invalid_argument("frame_max must leave room for a frame: 14 bytes or more");
        }
    }
    if (options.send_queue_max == 0) {
        throw std::invalid_argument("send_queue_max must not be 0: nothing could ever be sent");
    }
    require_times(options);
    auto node = std::make_shared<core::Node>(role);
    node->environment = options.environment;
    node->types = options.types;
    if constexpr (requires { options.frame_max; }) {
        node->limits = {options.frame_max};
    }
    node->outer = Plugins{options.auth, options.cipher};
    if constexpr (requires { options.session; }) {
        core::require_policy(options.session);
        if (options.session.policy != SessionPolicy::off) {
            node->session = std::make_shared<const core::SessionTerms>(
                options.session, node->outer.get(), role == core::Role::client,
                *node->environment.random);
            core::KeyLog::of_process().announce(node->environment.log);
        }
        if (role != core::Role::client && node->session) {
            core::serve_sessions(*node);
        }
    }
    node->peer_plugin = options.peer_plugin;
    node->local_peer = options.local_peer;
    if (role == core::Role::node && node->session && node->local_peer && node->peer_plugin) {
        core::hint_at_sessions(*node->local_peer, *node->peer_plugin);
    }
    node->extract_keys = options.extract_keys;
    if constexpr (requires { options.answers; }) {
        node->client_answers = options.answers;
    }
    if constexpr (requires { options.rules; }) {
        node->set_rules(options.rules);
    }
    if constexpr (requires { options.refusal; }) {
        node->refusal = options.refusal;
    }
    return node;
}

/// The bounds of a client's connections.
inline core::StreamLimits client_limits(const TcpClientOptions& options) {
    core::StreamLimits limits;
    limits.frame_timeout = options.frame_timeout;
    limits.send_timeout = options.send_timeout;
    limits.send_queue_max = options.send_queue_max;
    limits.slow_receiver = SlowReceiver::drop_newest;
    limits.handlers_max = options.answers ? options.handlers_max : 1;
    return limits;
}

}  // namespace netaio::net

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <stdexcept>

#include "core/outgoing.hpp"
#include "server_impl.hpp"

/// What of a server is about subscriptions and present values.
namespace netaio {
namespace {

// On the connection's thread: now when that is this one.
template <class Work>
bool on_thread_of(core::Stream& stream, Work work) {
    const auto executor = net::Loop::of(stream).executor();
    if (executor) {
        boost::asio::dispatch(executor, [stream = stream.self(), work = std::move(work)] {
            work(stream->hub(), *stream);
        });
    }
    return static_cast<bool>(executor);
}

// What is known of it when the call returns.
template <class Work>
std::error_code outcome_of(core::Stream& stream, Work work) {
    // Read while another thread may set it.
    const auto error = std::make_shared<std::atomic<Errc>>();
    if (!on_thread_of(stream, [error, work = std::move(work)](core::Hub& hub, core::Stream& at) {
            if (!at.open()) {
                *error = Errc::closed;
            } else if (work(hub, at)) {
                *error = Errc::queue_full;
            }
        })) {
        return Errc::closed;
    }
    const Errc known = *error;
    return known == Errc() ? std::error_code() : make_error_code(known);
}

core::Stream& stream_of(Connection& connection) {
    return dynamic_cast<core::Stream&>(connection);
}

}  // namespace

std::error_code TcpServer::subscribe(ByteView key, Connection& connection) {
    return outcome_of(stream_of(connection), [key = key.str()](core::Hub& hub, core::Stream& to) {
        return hub.subscribe(key, to, to.asks_for(key));
    });
}

void TcpServer::unsubscribe(ByteView key, Connection& connection) {
    on_thread_of(stream_of(connection),
                 [key = key.str()](core::Hub& hub, core::Stream& of) { hub.unsubscribe(key, of); });
}

std::error_code TcpServer::subscribe_prefix(ByteView prefix, Connection& connection) {
    return outcome_of(stream_of(connection),
                      [prefix = prefix.str()](core::Hub& hub, core::Stream& to) {
                          return hub.subscribe_prefix(prefix, to, to.asks_for(prefix));
                      });
}

void TcpServer::unsubscribe_prefix(ByteView prefix, Connection& connection) {
    on_thread_of(stream_of(connection), [prefix = prefix.str()](core::Hub& hub, core::Stream& of) {
        hub.unsubscribe_prefix(prefix, of);
    });
}

Reply TcpServer::grant(const Message& asked, Connection& from, const SendOptions& options) {
    auto& stream = stream_of(from);
    if (!detail::runs_here(net::Loop::of(stream).executor())) {
        throw std::logic_error(
            "call grant() on the connection's own thread, as the handler of SUBSCRIBE_URI");
    }
    core::Hub& hub = stream.hub();
    const auto words = core::SubscriptionWords::parse(asked.content());
    if (asked.type() == MessageType::unsubscribe_uri) {
        words.prefix ? hub.unsubscribe_prefix(asked.uri(), stream)
                     : hub.unsubscribe(asked.uri(), stream);
        return {};
    }
    const auto granted = hub.grant(asked.uri(), words, stream, options, core::Asker(asked));
    if (!granted) {
        throw Refusal::error(granted.error().message());
    }
    return {granted->str()};
}

void TcpServer::set_rules(std::shared_ptr<const AccessRules> rules) {
    impl_->set_rules(std::move(rules));
}

void TcpServer::Impl::set_rules(core::Rules rules) {
    node_->set_rules(std::move(rules));
    if (has_context()) {
        with_each_hub([](core::Hub& hub) { hub.ask_rules(); });
    }
}

void TcpServer::Impl::set_plugins(Plugins plugins) {
    const auto before = node_->outer.get().auth;
    const auto now = plugins.auth;
    node_->set_outer(std::move(plugins));
    if (before && now && has_context()) {
        with_each_hub([before, now](core::Hub& hub) { hub.close_unknown(*before, *now); });
    }
    if (node_->session && has_context()) {
        with_each_hub([](core::Hub& hub) { hub.close_sessions_of_other_secrets(); });
    }
}

void TcpServer::grant_subscriptions(HandlerOptions options) {
    for (const auto type : {MessageType::subscribe_uri, MessageType::unsubscribe_uri}) {
        on(type, options, [this, options](const Message& asked, Connection& from) {
            return grant(asked, from, {.plugins = options});
        });
    }
}

std::error_code TcpServer::publish(ByteView uri, ByteView content, SendOptions options) {
    return impl_->publish(uri, content, options);
}

bool TcpServer::withdraw(ByteView uri, SendOptions options) {
    return impl_->withdraw(uri, options);
}

Result<TcpServer::Impl::Giving> TcpServer::Impl::notifying(ByteView uri, ByteView content,
                                                           const SendOptions& options) {
    const auto message = OwnedMessage::make(MessageType::notify_uri, uri, content);
    if (!message) {
        return message.error();
    }
    auto given = giving(*message, options, uri.str());
    if (given) {
        given->replaces_value = true;
    }
    return given;
}

// Told in the order of the changes, whichever threads make them.
std::error_code TcpServer::Impl::publish(ByteView uri, ByteView content,
                                         const SendOptions& options) {
    const auto given = notifying(uri, content, options);
    if (!given) {
        return given.error();
    }
    const auto error = node_->present.set(uri, content, [&] { tell_later(*given); });
    if (!error) {
        tell_all();
    }
    return error;
}

bool TcpServer::Impl::withdraw(ByteView uri, const SendOptions& options) {
    const auto given = notifying(uri, {}, options);
    const bool removed = node_->present.remove(uri, [&] {
        if (given) {
            tell_later(*given);
        }
    });
    if (removed && !given) {
        node_->environment.log(LogLevel::error, "subscribers cannot be told that a value ended: " +
                                                    given.error().message());
    }
    tell_all();
    return removed;
}

// Where memory fails, some are told and some not, and nothing becomes present: as with notify().
void TcpServer::Impl::tell_later(const Giving& giving) {
    for (const auto& loop : loops_) {
        loop->tell_later(giving);
    }
}

void TcpServer::Impl::tell_all() {
    if (has_context()) {
        with_each_hub([](core::Hub& hub) { hub.tell(); });
    }
}

}  // namespace netaio

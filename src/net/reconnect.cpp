#include <boost/asio/as_tuple.hpp>
#include <netaio/reconnect.hpp>

#include "client_kept.hpp"

/// Reconnecting as a form of keeping connected.
namespace netaio {
namespace {

KeepOptions keep_options(const ReconnectOptions& options, const Address& server) {
    KeepOptions kept;
    if (options.done) {
        kept.on_state = [done = options.done, server](ConnectionState state, std::error_code why,
                                                      unsigned) {
            if (state == ConnectionState::connected || state == ConnectionState::refused) {
                done(server, why);
            }
        };
    }
    kept.backoff = {options.delay, options.backoff, options.delay_max, options.jitter};
    kept.attempts = options.attempts;
    kept.heartbeat = never;
    kept.requests = Meanwhile::fail;
    kept.end_on_refusal = false;
    return kept;
}

}  // namespace

TcpClient::Impl::Kept::How TcpClient::Impl::Kept::by(
    const std::shared_ptr<const ReconnectOptions>& options, const Address& server) {
    return {.servers = {{server.host(), server.port()}},
            .options = keep_options(*options, server),
            .attempt_timeout = options->attempt_timeout,
            .at_once = true,
            .place = server,
            .lives_with = options};
}

void TcpClient::Impl::reconnect_by(const std::shared_ptr<const ReconnectOptions>& options) {
    reconnect_by_ = options;
    for (const auto& kept : kept_) {
        if (!kept->is_primary() && kept->place()) {
            kept->change(Kept::by(options, *kept->place()));
        }
    }
    for (const Address& server : servers()) {
        if (!find_kept([&](const Kept& kept) { return kept.is_at(server); })) {
            keep(stream(server));
        }
    }
}

// Somebody connected.
void TcpClient::Impl::keep(const std::shared_ptr<core::Stream>& stream) {
    const Address& server = stream->remote();
    if (const auto kept = find_kept([&](const Kept& each) { return each.is_at(server); })) {
        kept->adopted(stream);
    } else if (const auto options = reconnect_by_.lock()) {
        kept_.push_back(std::make_shared<Kept>(*this, Kept::by(options, server)));
        kept_.back()->begin(stream);
    }
}

awaitable<void> TcpClient::Impl::reconnect(std::weak_ptr<Impl> client,
                                           std::shared_ptr<const ReconnectOptions> options,
                                           Address server) {
    if (client.expired()) {
        co_return;
    }
    auto begin = [client, options, server](auto handler) {
        detail::Completion<Address> settled(std::move(handler));
        const auto self = client.lock();
        self->bind(settled.executor(self->executor_));
        auto kept = self->find_kept([&](const Kept& each) { return each.is_at(server); });
        if (!kept) {
            kept =
                self->kept_.emplace_back(std::make_shared<Kept>(*self, Kept::by(options, server)));
            kept->begin();
        }
        kept->renew(std::move(settled));
    };
    auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);
    const auto [error, at] =
        co_await boost::asio::async_initiate<decltype(as_result),
                                             void(boost::system::error_code, Address)>(
            std::move(begin), as_result);
    // Whoever waits may be part of what the client took with it.
    if (error == Errc::cancelled) {
        throw boost::system::system_error(error);
    }
}

std::function<awaitable<void>(TimeoutContext)> auto_reconnect(TcpClient& client,
                                                              ReconnectOptions options) {
    core::require_time(options.attempt_timeout, "attempt_timeout");
    const auto kept = std::make_shared<const ReconnectOptions>(std::move(options));
    client.impl_->reconnect_by(kept);
    return [weak = std::weak_ptr(client.impl_), kept](const TimeoutContext& context) {
        return TcpClient::Impl::reconnect(weak, kept, context.server);
    };
}

}  // namespace netaio

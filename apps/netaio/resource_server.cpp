#include "resource_server.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/make.hpp>
#include <netaio/tcp_server.hpp>
#include <netaio/udp_node.hpp>

#include "exit_code.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

// The makers throw when uri and text do not fit together; the text is then dispensable.
OwnedMessage answer(MessageType type, ByteView uri, ByteView text) {
    auto made = OwnedMessage::make(type, uri, text);
    return made ? std::move(*made) : OwnedMessage(type, uri);
}

OwnedMessage answer_error(const std::error_code& error, ByteView uri) {
    const bool missing = error == make_error_code(StoreErrc::missing);
    return answer(missing ? MessageType::not_found : MessageType::error, uri, error.message());
}

bool asks_for_present(const Message& asked) {
    return std::string_view(asked.content()).find("present") != std::string_view::npos;
}

}  // namespace

template <class Server>
ResourceServer::ResourceServer(Server& server, WriteQueue& writes, ResourceServerOptions options)
    : notify_([this, &server](ByteView uri, const Message& message) {
          return server.notify(uri, message, {.plugins = inner()});
      }),
      handle_([this, &server](const Plugins& inner) { handle_all(server, inner); }),
      writes_(writes),
      options_(std::move(options)) {
    if constexpr (std::is_same_v<Server, TcpServer>) server_ = &server;
    use(options_.protection.inner);
    writes_.when_committed(
        [this](Change what, ByteView uri, ByteView content) { committed(what, uri, content); });
}
template ResourceServer::ResourceServer(TcpServer&, WriteQueue&, ResourceServerOptions);
template ResourceServer::ResourceServer(UdpNode&, WriteQueue&, ResourceServerOptions);

void ResourceServer::use(const Plugins& inner) {
    inner_ = std::make_shared<const Plugins>(inner);
    handle_(inner);
}

template <class Server>
void ResourceServer::handle_all(Server& server, const HandlerOptions& inner) {
    server.on(MessageType::request_uri, inner,
              [this](const Message& asked) { return read(asked); });
    server.on(MessageType::publish_uri, inner,
              [this](const Message& asked) { return publish(asked); });
    handle_changes(server, inner);
    handle_subscriptions(server, inner);
}

template <class Server>
void ResourceServer::handle_changes(Server& server, const HandlerOptions& inner) {
    const auto on_change = [&](MessageType type, Change what) {
        if (options_.read_only) {
            server.on(type, inner, [this](const Message& asked) { return refuse(asked); });
        } else {
            server.on(type, inner,
                      [this, what](const Message& asked) { return change(what, asked); });
        }
    };
    on_change(MessageType::create_uri, Change::create);
    on_change(MessageType::update_uri, Change::update);
    on_change(MessageType::delete_uri, Change::remove);
}

// Subscribers are connections or addresses.
template <class Server>
void ResourceServer::handle_subscriptions(Server& server, const HandlerOptions& inner) {
    if constexpr (std::is_same_v<Server, TcpServer>) {
        for (const auto type : {MessageType::subscribe_uri, MessageType::unsubscribe_uri}) {
            server.on(type, inner, [this](const Message& asked, Connection& from) {
                return grant(asked, from);
            });
        }
    } else {
        for (const auto type : {MessageType::subscribe_uri, MessageType::unsubscribe_uri}) {
            server.on(type, inner, [&server](const Message& asked, const Address& from) {
                if (asks_for_present(asked)) {
                    throw Refusal::error("no present values are kept for --udp");
                }
                return server.grant(asked, from);
            });
        }
    }
}

OwnedMessage ResourceServer::read(const Message& asked) {
    const auto content = writes_.read(asked.uri());
    if (!content) return answer_error(content.error(), asked.uri());
    // What was stored without a cipher may be too long for one that takes a few bytes of its own.
    if (asked.uri().size() + content->size() > options_.protection.payload_max) {
        options_.log(LogLevel::error, "the resource '" + printable(asked.uri()) +
                                          "' is too long to be sent with --cipher");
        return answer(MessageType::error, asked.uri(), "too long to be sent encrypted");
    }
    return answer(MessageType::respond_uri, asked.uri(), *content);
}

awaitable<OwnedMessage> ResourceServer::change(Change what, const Message& asked) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const std::error_code error = co_await writes_.change(what, asked.uri(), asked.content(),
                                                          executor, boost::asio::use_awaitable);
    co_return error ? answer_error(error, asked.uri()) : ok(asked.uri());
}

void ResourceServer::begin_with(Store& store) {
    keeps_present_ = true;
    const auto error =
        store.read_all([this](ByteView uri, ByteView content) { return keep(uri, content); });
    if (error && error != Errc::queue_full) throw Failure(ExitCode::other, error.message());
}

// Subscribers are told in the order of the changes.
void ResourceServer::committed(Change what, ByteView uri, ByteView content) {
    const bool removed = what == Change::remove;
    if (!keeps_present_ || (!removed && keep(uri, content))) {
        tell_subscribers(uri, removed ? ByteView() : content);
    } else if (removed) {
        server_->withdraw(uri, {.plugins = inner()});
    }
}

std::error_code ResourceServer::keep(ByteView uri, ByteView content) {
    const auto error = server_->publish(uri, content, {.plugins = inner()});
    if (error == Errc::queue_full && keeps_present_.exchange(false)) {
        options_.log(LogLevel::warning,
                     "the resources are more than --present-max: subscribers are given no present "
                     "values from now on; raise it and start again");
    }
    return error;
}

Reply ResourceServer::grant(const Message& asked, Connection& from) {
    if (!keeps_present_ && asks_for_present(asked)) {
        throw Refusal::error("no present values are kept, as they are more than --present-max");
    }
    return server_->grant(asked, from, {.plugins = inner()});
}

OwnedMessage ResourceServer::refuse(const Message& asked) const {
    return answer(refusal(options_.protection), asked.uri(), "not permitted");
}

OwnedMessage ResourceServer::publish(const Message& asked) {
    tell_subscribers(asked.uri(), asked.content());
    return ok(asked.uri());
}

void ResourceServer::tell_subscribers(ByteView uri, ByteView content) {
    const auto error = notify_(uri, notify(uri, content));
    if (error) {
        options_.log(LogLevel::error, "cannot notify the subscribers of '" + printable(uri) +
                                          "': " + error.message());
    }
}

}  // namespace netaio::app

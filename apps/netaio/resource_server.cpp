#include "resource_server.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/make.hpp>

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

}  // namespace

ResourceServer::ResourceServer(TcpServer& server, WriteQueue& writes, ResourceServerOptions options)
    : server_(server), writes_(writes), options_(std::move(options)) {
    const HandlerOptions inner{.auth = options_.protection.inner.auth,
                               .cipher = options_.protection.inner.cipher};
    const auto on_change = [&](MessageType type, Change what) {
        if (options_.read_only) {
            server_.on(type, inner, [this](const Message& asked) { return refuse(asked); });
        } else {
            server_.on(type, inner,
                       [this, what](const Message& asked) { return change(what, asked); });
        }
    };
    on_change(MessageType::create_uri, Change::create);
    on_change(MessageType::update_uri, Change::update);
    on_change(MessageType::delete_uri, Change::remove);

    server_.on(MessageType::request_uri, inner,
               [this](const Message& asked) { return read(asked); });
    server_.on(MessageType::publish_uri, inner,
               [this](const Message& asked) { return publish(asked); });
    server_.on(MessageType::subscribe_uri, inner, [this](const Message& asked, Connection& from) {
        if (const auto refused = server_.subscribe(asked.uri(), from)) {
            return answer_error(refused, asked.uri());
        }
        return confirm_subscribe(asked.uri());
    });
    server_.on(MessageType::unsubscribe_uri, inner, [this](const Message& asked, Connection& from) {
        server_.unsubscribe(asked.uri(), from);
        return confirm_unsubscribe(asked.uri());
    });
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
    if (error) co_return answer_error(error, asked.uri());
    if (what == Change::update) tell_subscribers(asked.uri(), asked.content());
    if (what == Change::remove) tell_subscribers(asked.uri(), {});
    co_return ok(asked.uri());
}

OwnedMessage ResourceServer::refuse(const Message& asked) const {
    // A v0.0.8 peer closes on NOT_PERMITTED, which it does not know.
    const bool known = options_.protection.dialect != Dialect::v0_0_8;
    return answer(known ? MessageType::not_permitted : MessageType::error, asked.uri(),
                  "not permitted");
}

OwnedMessage ResourceServer::publish(const Message& asked) {
    tell_subscribers(asked.uri(), asked.content());
    return ok(asked.uri());
}

void ResourceServer::tell_subscribers(ByteView uri, ByteView content) {
    const auto error =
        server_.notify(uri, notify(uri, content), {.plugins = options_.protection.inner});
    if (error) {
        options_.log(LogLevel::error, "cannot notify the subscribers of '" + printable(uri) +
                                          "': " + error.message());
    }
}

}  // namespace netaio::app

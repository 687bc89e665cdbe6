#pragma once

#include <netaio/handler.hpp>
#include <netaio/key.hpp>
#include <netaio/plugins.hpp>

namespace netaio {

/// What servers, clients and nodes share: the handlers of messages. As thread-safe as the class
/// that derives from it.
template <class Handler>
class HandlerRegistry {
public:
    HandlerRegistry(const HandlerRegistry&) = delete;
    HandlerRegistry& operator=(const HandlerRegistry&) = delete;

    /// Registers a handler for a key, replacing the one it had. Throws std::invalid_argument when
    /// it could never be found (a uri in the key, and a cipher that hides uris).
    template <class F>
    void on(Key key, F&& handler) {
        keep_handler(std::move(key), {}, Handler(std::forward<F>(handler)), false);
    }
    template <class F>
    void on(Key key, HandlerOptions options, F&& handler) {
        keep_handler(std::move(key), std::move(options), Handler(std::forward<F>(handler)), false);
    }
    /// The same for all uris that begin so: `on(request_uri, prefix("room/"), handler)`. Not for a
    /// KeyExtractor of one's own, which says all keys itself.
    template <class F>
    void on(MessageType type, Prefix uris, F&& handler) {
        on(Key(type, std::move(uris)), std::forward<F>(handler));
    }
    template <class F>
    void on(MessageType type, Prefix uris, HandlerOptions options, F&& handler) {
        on(Key(type, std::move(uris)), std::move(options), std::forward<F>(handler));
    }
    /// Registers a handler for one message; it is removed when that comes, and goes before a
    /// lasting one. Several for a key serve one message each, in order.
    template <class F>
    void once(Key key, F&& handler) {
        keep_handler(std::move(key), {}, Handler(std::forward<F>(handler)), true);
    }
    template <class F>
    void once(Key key, HandlerOptions options, F&& handler) {
        keep_handler(std::move(key), std::move(options), Handler(std::forward<F>(handler)), true);
    }
    /// The same with a handler that was made before.
    void add_handler(Key key, HandlerOptions options, Handler handler) {
        keep_handler(std::move(key), std::move(options), std::move(handler), false);
    }
    void add_ephemeral_handler(Key key, HandlerOptions options, Handler handler) {
        keep_handler(std::move(key), std::move(options), std::move(handler), true);
    }
    /// Whether there was one.
    bool remove_handler(const Key& key) { return drop_handler(key, false); }
    bool remove_ephemeral_handler(const Key& key) { return drop_handler(key, true); }

protected:
    HandlerRegistry() = default;
    virtual ~HandlerRegistry() = default;

private:
    virtual void keep_handler(Key key, HandlerOptions options, Handler handler, bool once) = 0;
    virtual bool drop_handler(const Key& key, bool once) = 0;
};

}  // namespace netaio

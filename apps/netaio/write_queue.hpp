#pragma once

#include <functional>
#include <mutex>
#include <netaio/completion.hpp>
#include <vector>

#include "store.hpp"

namespace netaio::app {

/// A store shared by the threads of a server. Changes that arrive while an event loop is busy share
/// one commit, and so one wait for the disk. Thread-safe.
class WriteQueue {
public:
    explicit WriteQueue(Store& store) : store_(store) {}

    /// Called with each change that is durable, in their order, before its maker is told. To be set
    /// before the first.
    using Committed = std::function<void(Change, ByteView uri, ByteView content)>;
    void when_committed(Committed committed) { committed_ = std::move(committed); }

    /// The content as of the last commit.
    Result<std::string> read(ByteView uri);

    /// Makes a change and completes with its error once it is durable: a
    /// `void(boost::system::error_code, std::error_code)`, the first always empty. `executor` is
    /// that of the event loop the caller runs on.
    template <class Token>
    auto change(Change what, ByteView uri, ByteView content, boost::asio::any_io_executor executor,
                Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::error_code)>(
            [this, what, uri, content](auto handler, boost::asio::any_io_executor loop) {
                start(what, uri, content, std::move(loop),
                      detail::Completion<std::error_code>(std::move(handler)));
            },
            token, std::move(executor));
    }

    /// Commits what is waiting and takes no more changes. To be called before the event loops go.
    void close();

private:
    struct Waiter {
        boost::asio::any_io_executor executor;
        detail::Completion<std::error_code> done;
        std::error_code result;
        Change what;
        std::string uri;
        std::string content;
    };

    void start(Change what, ByteView uri, ByteView content, boost::asio::any_io_executor executor,
               detail::Completion<std::error_code> done);
    void commit();

    std::mutex mutex_;  // guards all below
    Store& store_;
    Committed committed_ = [](Change, ByteView, ByteView) {};
    std::vector<Waiter> waiters_;
    bool closed_ = false;
};

}  // namespace netaio::app

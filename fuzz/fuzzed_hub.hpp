#pragma once

#include <core/stream.hpp>
#include <deque>

#include "support.hpp"

namespace netaio::fuzz {

using namespace core;

/// What a handler that suspended is cancelled by.
class Cancelling final : public Running {
public:
    void cancel() override { cancelled = true; }
    bool cancelled = false;
};

/// One that runs.
struct Handled {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Suspended> handler;
    std::shared_ptr<Cancelling> running;
};

/// Has handlers run until the fuzzer ends them, and its turns when that says so.
class FuzzedHub final : public Hub {
public:
    FuzzedHub(std::shared_ptr<Node> node, const StreamLimits& limits)
        : Hub(std::move(node), limits) {
        set_mailbox(std::make_shared<Mailbox>([this](auto what) { posted.push_back(what); }));
    }
    ~FuzzedHub() override { mailbox()->close(); }

    // What works of plugins brought.
    void take_posted() {
        for (const auto& what : std::exchange(posted, {})) {
            what();
        }
    }

    void start(std::shared_ptr<Stream> stream, std::shared_ptr<Suspended> handler) override {
        const auto cancelling = std::make_shared<Cancelling>();
        handler->running = cancelling;
        if (ends_at_once) {
            stream->handler_ended(*handler, handler->message.own(), {});
        } else {
            for (const Handled& other : running) {
                const Message& earlier = other.handler->message;
                require(other.stream != stream || !stream->open() ||
                        (earlier.uri() != handler->message.uri() && earlier.request_id() &&
                         handler->message.request_id()));
            }
            running.push_back({std::move(stream), std::move(handler), cancelling});
        }
    }
    bool ends_at_once = false;
    bool turn_wanted = false;
    std::deque<Handled> running;
    std::vector<Mailbox::What> posted;

private:
    void turn_later() override { turn_wanted = true; }
    void wake() override {}
};

}  // namespace netaio::fuzz

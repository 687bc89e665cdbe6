#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/carrier.hpp"
#include "core/hub.hpp"

/// What a connection without a network is made of: bytes that were taken, and turns as told.
namespace netaio::core::test {

class TurnedHub final : public Hub {
public:
    TurnedHub(std::shared_ptr<Node> node, const StreamLimits& limits)
        : Hub(std::move(node), limits) {
        set_mailbox(std::make_shared<Mailbox>([this](auto what) {
            const std::lock_guard lock(mutex_);
            posted_.push_back(std::move(what));
        }));
    }
    ~TurnedHub() override { mailbox()->close(); }

    void start(std::shared_ptr<Stream>, std::shared_ptr<Suspended> handler) override {
        running.push_back(std::move(handler));
    }
    /// Does all that was left for later.
    void run() {
        for (bool more = true; more;) {
            std::unique_lock lock(mutex_);
            const auto posted = std::exchange(posted_, {});
            lock.unlock();
            for (const auto& what : posted) {
                what();
            }
            more = !posted.empty() || turn_wanted_;
            if (std::exchange(turn_wanted_, false)) {
                turn();
            }
        }
    }

    /// The handlers that were started; whoever keeps one says how it ends.
    std::vector<std::shared_ptr<Suspended>> running;

private:
    void turn_later() override { turn_wanted_ = true; }
    void wake() override {}

    std::mutex mutex_;
    std::vector<Mailbox::What> posted_;
    bool turn_wanted_ = false;
};

/// What a carrier took, and whether it is closed.
struct Wire {
    std::string sent;
    std::size_t room = std::string::npos;
    std::error_code broken = {};
    bool waited_for = false;
    bool closed = false;
};

class WireCarrier final : public Carrier {
public:
    explicit WireCarrier(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

    void start(const std::shared_ptr<Stream>&) override {}
    std::size_t write(ByteView bytes, std::error_code& error) override {
        error = wire_->broken;
        if (error) {
            return 0;
        }
        const std::size_t count = std::min(bytes.size(), wire_->room);
        wire_->sent += bytes.substr(0, count);
        wire_->room -= wire_->room == std::string::npos ? 0 : count;
        return count;
    }
    void wait_writable() override { wire_->waited_for = true; }
    void resume() override {}
    void look_for_end() override {}
    void close() noexcept override { wire_->closed = true; }

private:
    std::shared_ptr<Wire> wire_;
};

}  // namespace netaio::core::test

#pragma once

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <netaio/daemon_client.hpp>
#include <string>
#include <vector>

#include "netns/commands.hpp"

namespace netaio::test {

/// Requests of an app, so many at once, each told apart by its content; counts what became of each.
class Traffic : public std::enable_shared_from_this<Traffic> {
public:
    struct Terms {
        OptionalAddress to = {};
        std::string uri = {};
        std::size_t at_once = 1;
        std::uint64_t count = 0;  ///< 0: until calm()
    };

    Traffic(DaemonClient& client, Terms terms) : client_(client), terms_(std::move(terms)) {}

    /// Begins; when all have ended it says what became of them.
    void start() {
        for (std::size_t i = 0; i < terms_.at_once; ++i) {
            ask();
        }
    }
    void calm() { terms_.count = std::max<std::uint64_t>(asked_, 1); }

    void tell(const char* word) const {
        auto sorted = taken_us_;
        std::ranges::sort(sorted);
        const auto at = [&](std::size_t percent) {
            return sorted.empty() ? 0u : sorted[(sorted.size() - 1) * percent / 100];
        };
        say(word, " asked=", asked_, " answered=", answered_, " refused=", refused_,
            " failed=", failed_, " twice=", twice_, " wrong=", wrong_, " waiting=", waiting_,
            " p50_us=", at(50), " p99_us=", at(99));
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t times_max = 1 << 20;

    void ask() {
        if (terms_.count > 0 && asked_ >= terms_.count) {
            if (waiting_ == 0 && !told_) {
                told_ = true;
                tell("load");
            }
            return;
        }
        const std::uint64_t number = asked_++;
        ended_.push_back(false);
        ++waiting_;
        client_.exchange(MessageType::request_uri, terms_.uri, std::to_string(number),
                         {.server = terms_.to},
                         [self = shared_from_this(), number, began = Clock::now()](
                             boost::system::error_code error, const OwnedMessage& answer) {
                             self->end(number, Clock::now() - began, error, answer);
                         });
    }

    void end(std::uint64_t number, Clock::duration taken, std::error_code error,
             const OwnedMessage& answer) {
        if (ended_[number]) {
            ++twice_;
            return;
        }
        ended_[number] = true;
        --waiting_;
        if (error) {
            ++failed_;
        } else if (answer.type() != MessageType::respond_uri) {
            ++refused_;
        } else {
            ++answered_;
            wrong_ += answer.content() != std::to_string(number);
            if (taken_us_.size() < times_max) {
                taken_us_.push_back(static_cast<std::uint32_t>(
                    std::chrono::duration_cast<std::chrono::microseconds>(taken).count()));
            }
        }
        boost::asio::post(client_.executor(), [self = shared_from_this()] { self->ask(); });
    }

    DaemonClient& client_;
    Terms terms_;
    std::uint64_t asked_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t twice_ = 0;
    std::uint64_t wrong_ = 0;
    std::uint64_t waiting_ = 0;
    bool told_ = false;
    std::vector<bool> ended_;
    std::vector<std::uint32_t> taken_us_;
};

}  // namespace netaio::test

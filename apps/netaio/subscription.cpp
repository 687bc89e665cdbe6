#include "subscription.hpp"

#include <boost/asio/redirect_error.hpp>
#include <iostream>
#include <utility>

#include "duration.hpp"
#include "exit_code.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

// `prefix present N` (protocol.md §11).
std::uint64_t present_count(const Message& answer) {
    const std::string text = answer.content().str();
    return std::stoull(text.substr(text.find_last_of(' ')));
}

}  // namespace

Subscription::Subscription(const SubscribeOptions& options, const Protection& protection,
                           const boost::asio::any_io_executor& executor)
    : options_(options), session_(make_session(options.client, protection)), wake_(executor) {}

Subscription::~Subscription() {
    for (const std::string& uri : subscribed_) session_->unsubscribe(uri);
}

void Subscription::end(std::exception_ptr failure) {
    if (ended_) return;
    ended_ = true;
    failure_ = std::move(failure);
    wake_.cancel();
}

void Subscription::take(const Message& notification) {
    if (ended_) return;
    try {
        show_(notification);
    } catch (...) {
        end(std::current_exception());
        return;
    }
    ++taken_;
    taken_at_ = std::chrono::steady_clock::now();
    if (taken_ == options_.count || taken_ == left_) {
        end();
    } else {
        wake_.cancel();
    }
}

void Subscription::lose(ByteView uri, const Message& answer) {
    if (ended_ || std::erase(subscribed_, uri.str()) == 0) return;
    try {
        throw_if_error(answer, uri);
        throw Failure(ExitCode::other,
                      "the server does not grant '" + printable(uri) + "' any more");
    } catch (const Failure& failure) {
        lost_ = std::current_exception();
        if (all_asked_for_ && subscribed_.empty()) {
            end(lost_);
        } else {
            std::cerr << "netaio: " << sentence(failure.what()) << '\n';
        }
    }
}

awaitable<void> Subscription::subscribe(ByteView uri) {
    const OwnedMessage answer =
        co_await session_->subscribe(uri, options_.prefix, options_.present);
    throw_if_error(answer, uri);
    subscribed_.emplace_back(uri);
    if (options_.list) {
        left_ = present_count(answer);
        if (*left_ <= taken_) end();
        co_return;
    }
    if (!options_.quiet) std::cerr << "subscribed to " << printable(uri) << '\n';
}

awaitable<void> Subscription::wait_for_end() {
    using Clock = std::chrono::steady_clock;
    const auto silence = to_milliseconds(options_.client.timeout_seconds);
    taken_at_ = Clock::now();
    while (!ended_) {
        wake_.expires_at(options_.bounded_wait ? taken_at_ + silence : Clock::time_point::max());
        boost::system::error_code error;
        co_await wake_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
        if (!ended_ && options_.bounded_wait && taken_at_ + silence <= Clock::now()) {
            throw Failure(ExitCode::timeout, "no notification within the time of --timeout");
        }
    }
}

awaitable<void> Subscription::run(std::function<void(const Message&)> show) {
    show_ = std::move(show);
    session_->listen({.take = [this](const Message& notification) { take(notification); },
                      .lose = [this](ByteView uri, const Message& answer) { lose(uri, answer); },
                      .fail = [this](std::exception_ptr failure) { end(std::move(failure)); }});
    co_await session_->connect();
    for (const std::string& uri : options_.uris) {
        if (!ended_) co_await subscribe(uri);
    }
    all_asked_for_ = true;
    if (lost_ && subscribed_.empty()) end(lost_);
    co_await wait_for_end();
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace netaio::app

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <exception>
#include <memory>
#include <netaio/errc.hpp>
#include <system_error>
#include <utility>

namespace netaio::detail {

/// An Asio completion handler of `void(boost::system::error_code, T)` with its type erased, so that
/// the code that completes it can be compiled once. Completes at most once, on the handler's
/// executor, whose context is kept busy until then.
template <class T>
class Completion {
public:
    Completion() = default;

    template <class Handler>
    explicit Completion(Handler handler)
        : target_(std::make_unique<Target<Handler>>(std::move(handler))) {}

    explicit operator bool() const noexcept { return target_ != nullptr; }

    /// The executor of whoever waits; `fallback` when it has none of its own.
    boost::asio::any_io_executor executor(const boost::asio::any_io_executor& fallback) const {
        return target_->executor(fallback);
    }
    /// How whoever waits cancels; may be unconnected.
    boost::asio::cancellation_slot slot() const noexcept { return target_->slot(); }

    /// Completes: never before the call that began the operation has returned.
    void post(const boost::asio::any_io_executor& fallback, std::error_code error, T value = {}) {
        std::exchange(target_, nullptr)->complete(fallback, error, std::move(value), true);
    }
    /// Completes at once when on the right executor already.
    void dispatch(const boost::asio::any_io_executor& fallback, std::error_code error,
                  T value = {}) {
        std::exchange(target_, nullptr)->complete(fallback, error, std::move(value), false);
    }

private:
    struct Base {
        virtual ~Base() = default;
        virtual boost::asio::any_io_executor executor(
            const boost::asio::any_io_executor&) const = 0;
        virtual boost::asio::cancellation_slot slot() const noexcept = 0;
        virtual void complete(const boost::asio::any_io_executor&, std::error_code, T,
                              bool post) = 0;
    };

    template <class Handler>
    struct Target final : Base {
        explicit Target(Handler&& h) : handler(std::move(h)) {
            if (const auto own = executor({})) {
                work = boost::asio::prefer(own, boost::asio::execution::outstanding_work.tracked);
            }
        }

        boost::asio::any_io_executor executor(
            const boost::asio::any_io_executor& fallback) const override {
            return boost::asio::get_associated_executor(handler, fallback);
        }
        boost::asio::cancellation_slot slot() const noexcept override {
            return boost::asio::get_associated_cancellation_slot(handler);
        }
        void complete(const boost::asio::any_io_executor& fallback, std::error_code error, T value,
                      bool post) override {
            // A cancelled operation completes from within its slot's own function, which must stay.
            if (auto connected = slot(); connected.is_connected() && error != Errc::cancelled) {
                connected.clear();
            }
            const auto target = executor(fallback);
            // To convert a success, too, takes a dynamic_cast.
            const auto code =
                error ? boost::system::error_code(error) : boost::system::error_code();
            // All of it goes along: the context may be gone once the call was made.
            auto call = [h = std::move(handler), w = std::move(work), code,
                         v = std::move(value)]() mutable { std::move(h)(code, std::move(v)); };
            // The target deletes itself with the Completion that let go of it.
            if (post) {
                boost::asio::post(target, std::move(call));
            } else if (runs_here(target)) {
                call_here(target, call);
            } else {
                boost::asio::dispatch(
                    target, [target, c = std::move(call)]() mutable { call_here(target, c); });
            }
        }

        // As dispatch() does, but without wrapping up the call first. What it throws leaves the
        // context's run(), not whoever completes this.
        template <class Call>
        static void call_here(const boost::asio::any_io_executor& executor, Call& call) {
            try {
                call();
            } catch (...) {
                boost::asio::post(executor, [failure = std::current_exception()] {
                    std::rethrow_exception(failure);
                });
            }
        }

        static bool runs_here(const boost::asio::any_io_executor& executor) {
            const auto* loop = executor.target<boost::asio::io_context::executor_type>();
            return loop && loop->running_in_this_thread();
        }

        Handler handler;
        boost::asio::any_io_executor work;
    };

    std::unique_ptr<Base> target_;
};

}  // namespace netaio::detail

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <exception>
#include <memory>
#include <netaio/errc.hpp>
#include <new>
#include <system_error>
#include <utility>

namespace netaio::detail {

/// Whether the calling thread runs that executor's loop, as far as can be told.
bool runs_here(const boost::asio::any_io_executor& executor);

/// An Asio completion handler of `void(boost::system::error_code, T)` with its type erased, so that
/// the code that completes it can be compiled once. Completes at most once, on the handler's
/// executor, whose context is kept busy until then.
template <class T>
class Completion {
public:
    Completion() = default;

    template <class Handler>
    explicit Completion(Handler handler)
        : target_(std::make_shared<Target<Handler>>(std::move(handler))) {}

    explicit operator bool() const noexcept { return target_ != nullptr; }

    /// The executor of whoever waits; `fallback` when it has none of its own.
    boost::asio::any_io_executor executor(const boost::asio::any_io_executor& fallback) const {
        return target_->executor(fallback);
    }
    /// How whoever waits cancels; may be unconnected.
    boost::asio::cancellation_slot slot() const noexcept { return target_->slot(); }

    /// Completes: never before the call that began the operation has returned, and on its executor,
    /// unless there is no memory to have it done there.
    void post(const boost::asio::any_io_executor& fallback, std::error_code error, T value = {}) {
        complete(fallback, error, std::move(value), true);
    }
    /// Completes at once when on the right executor already.
    void dispatch(const boost::asio::any_io_executor& fallback, std::error_code error,
                  T value = {}) {
        complete(fallback, error, std::move(value), false);
    }

private:
    struct Base {
        virtual ~Base() = default;
        virtual boost::asio::any_io_executor executor(
            const boost::asio::any_io_executor&) const = 0;
        virtual boost::asio::cancellation_slot slot() const noexcept = 0;
        virtual void call() = 0;

        boost::system::error_code code = {};
        T value = {};
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
        // What the handler keeps, the context among it, may go once the call was made.
        void call() override {
            auto h = std::move(handler);
            const auto w = std::move(work);
            std::move(h)(this->code, std::move(this->value));
        }

        Handler handler;
        boost::asio::any_io_executor work;
    };

    void complete(const boost::asio::any_io_executor& fallback, std::error_code error, T value,
                  bool post) {
        const std::shared_ptr<Base> target = std::exchange(target_, nullptr);
        // A cancelled operation completes from within its slot's own function, which must stay.
        if (auto connected = target->slot(); connected.is_connected() && error != Errc::cancelled) {
            connected.clear();
        }
        // To convert a success, too, takes a dynamic_cast.
        if (error) {
            target->code = error;
        }
        target->value = std::move(value);
        const auto executor = target->executor(fallback);
        if (!post && runs_here(executor)) {
            call_here(executor, *target);
            return;
        }
        try {
            if (post) {
                boost::asio::post(executor, [target] { target->call(); });
            } else {
                boost::asio::dispatch(executor,
                                      [executor, target] { call_here(executor, *target); });
            }
        } catch (const std::bad_alloc&) {
            // Rather too soon than never.
            call_here(executor, *target);
        }
    }

    // As dispatch() does, but without wrapping up the call first. What it throws leaves the
    // context's run(), not whoever completes this.
    static void call_here(const boost::asio::any_io_executor& executor, Base& target) {
        try {
            target.call();
        } catch (...) {
            try {
                boost::asio::post(executor, [failure = std::current_exception()] {
                    std::rethrow_exception(failure);
                });
            } catch (const std::bad_alloc&) {
                // Then nobody hears of it, but whoever completes this goes on.
            }
        }
    }

    std::shared_ptr<Base> target_;
};

/// Begins an operation of `void(boost::system::error_code, T)` by a completion token: `begin` is
/// called, once, with the Completion.
template <class T, class Token, class Begin>
auto initiate(Token&& token, Begin begin) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, T)>(
        [](auto handler, Begin kept) { kept(Completion<T>(std::move(handler))); }, token,
        std::move(begin));
}

}  // namespace netaio::detail

#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <netaio/environment.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace netaio::core {

/// What an exception says, for a log line: the given one, or else that in hand.
// Cold, and without an object at those who catch, as beside calls of handlers either costs a tenth
// of pipelined messages (bench: pipelined_64_1).
[[gnu::cold, gnu::noinline]] inline std::string said_by(const std::exception_ptr& thrown = {}) {
    try {
        if (!thrown) {
            throw;
        }
        std::rethrow_exception(thrown);
    } catch (const std::exception& failure) {
        return failure.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

/// Logs the exception in hand, if there is memory for that.
[[gnu::cold, gnu::noinline]] inline void log_thrown(const Log& log,
                                                    std::string_view failed) noexcept {
    try {
        log(LogLevel::error, std::string(failed) + ": " + said_by());
    } catch (...) {
    }
}

/// Does something that must not keep others from going on: logs what it throws. Whether it threw
/// nothing.
template <class Work>
bool attempt(const Log& log, std::string_view failed, Work&& work) noexcept {
    try {
        work();
        return true;
    } catch (...) {
        log_thrown(log, failed);
        return false;
    }
}

template <class Signature>
class Callback;

/// A user's function that a node calls. It lasts until it returns, although it may replace itself
/// or destroy what calls it; copies share it.
template <class R, class... Args>
class Callback<R(Args...)> {
public:
    using Function = std::function<R(Args...)>;

    Callback() = default;
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> &&
                 std::constructible_from<Function, F>)
    Callback(F&& f) {
        if (Function function(std::forward<F>(f)); function) {
            function_ = std::make_shared<const Function>(std::move(function));
        }
    }

    explicit operator bool() const noexcept { return function_ != nullptr; }
    R operator()(Args... args) const {
        const auto lasting = function_;
        return (*lasting)(std::forward<Args>(args)...);
    }
    /// Calls it, if there is one, and logs what it throws: whoever tells has others to tell, too.
    /// The log must outlive the call.
    void tell(const Log& log, std::string_view failed, Args... args) const {
        if (function_) {
            attempt(log, failed, [&] { (*this)(std::forward<Args>(args)...); });
        }
    }

private:
    std::shared_ptr<const Function> function_;
};

}  // namespace netaio::core

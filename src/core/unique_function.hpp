#pragma once

#include <memory>
#include <utility>

namespace netaio::core {

template <class Signature>
class UniqueFunction;

/// A callable that is moved, not copied, and called once or more; what std::function can't hold.
template <class R, class... Args>
class UniqueFunction<R(Args...)> {
public:
    UniqueFunction() = default;
    template <class F>
        requires(!std::is_same_v<std::decay_t<F>, UniqueFunction>)
    UniqueFunction(F&& f)
        : target_(std::make_unique<Target<std::decay_t<F>>>(std::forward<F>(f))) {}

    R operator()(Args... args) { return target_->call(std::forward<Args>(args)...); }
    explicit operator bool() const noexcept { return target_ != nullptr; }

private:
    struct Base {
        virtual ~Base() = default;
        virtual R call(Args... args) = 0;
    };
    template <class F>
    struct Target final : Base {
        explicit Target(F&& f) : function(std::move(f)) {}
        explicit Target(const F& f) : function(f) {}
        R call(Args... args) override { return function(std::forward<Args>(args)...); }
        F function;
    };

    std::unique_ptr<Base> target_;
};

}  // namespace netaio::core

#pragma once

#include <memory>
#include <utility>

namespace netaio::chat_app {

/// A member of what gives callbacks away, which may be called when it is gone: they do nothing
/// then.
class Lifetime {
public:
    template <class F>
    auto guard(F callback) const {
        return [alive = std::weak_ptr<const char>(alive_),
                callback = std::move(callback)](auto&&... told) mutable {
            if (alive.lock()) callback(std::forward<decltype(told)>(told)...);
        };
    }

private:
    std::shared_ptr<const char> alive_ = std::make_shared<const char>();
};

}  // namespace netaio::chat_app

#pragma once

#include <memory>

#include "layers.hpp"
#include "node.hpp"

namespace netaio::core {

/// A message on its way out that waits for the work of an auth plugin, as far as it is sealed. The
/// work ends with it.
class Unsealed {
public:
    /// What it takes beside its bytes, about.
    static constexpr std::size_t overhead = 512;

    Unsealed(OwnedMessage message, const Plugins& inner, const Plugins& outer, SealStep step,
             std::optional<RequestId> id, const Recipient& to, std::shared_ptr<PluginWork> work)
        : message_(std::move(message)),
          inner_(inner),
          outer_(outer),
          step_(step),
          id_(id),
          answer_(to.answer),
          for_(to.vouched ? std::optional(*to.vouched) : std::nullopt),
          work_(std::move(work)) {}
    ~Unsealed();
    Unsealed(const Unsealed&) = delete;
    Unsealed& operator=(const Unsealed&) = delete;

    /// Begins the work; `done` is called on any thread, perhaps at once.
    std::error_code start(const Node& node, std::function<void()> done);
    /// Goes on when the work is done, for whom it was begun, and appends the frame in the end.
    /// Errc::pending where there is more work, which is to be started.
    std::error_code go_on(const Node& node, Recipient to, std::string& out);

    const std::optional<RequestId>& id() const noexcept { return id_; }
    /// Bytes that it takes, about.
    std::size_t size() const noexcept {
        return overhead + message_.uri().size() + message_.content().size();
    }

private:
    OwnedMessage message_;
    Plugins inner_;
    Plugins outer_;
    SealStep step_;
    std::optional<RequestId> id_;
    bool answer_;
    std::optional<Vouched> for_;  // whoever speaks there meanwhile
    std::shared_ptr<PluginWork> work_;
    bool started_ = false;
};

}  // namespace netaio::core

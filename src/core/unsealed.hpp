#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "layers.hpp"
#include "mailbox.hpp"
#include "node.hpp"

namespace netaio::core {

/// A message on its way out that waits for the work of auth plugins, as far as it is sealed. The
/// work ends with it: whoever holds it lets go of it, as plugins may cause whenever they are
/// called. Not thread-safe.
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

    /// Begins the work; the mailbox brings `done` whenever some is done. Errc::closed where a
    /// plugin had `held` let go of meanwhile.
    static std::error_code begin(const std::shared_ptr<Unsealed>& held, const Node& node,
                                 std::shared_ptr<Mailbox> mailbox, std::function<void()> done);
    /// Goes on when work is done, for whom the message was begun, and says how that ended, without
    /// an error when it appended the frame; nothing where more work began, or `held` is let go of.
    static std::optional<std::error_code> go_on(const std::shared_ptr<Unsealed>& held,
                                                const Node& node, const Recipient& to,
                                                std::string& out);

    const std::optional<RequestId>& id() const noexcept { return id_; }
    /// Bytes that it takes, about.
    std::size_t size() const noexcept {
        return overhead + message_.uri().size() + message_.content().size();
    }

private:
    static std::error_code begin_work(const std::shared_ptr<Unsealed>& held, const Node& node);
    std::error_code start(const Node& node);
    std::error_code seal_on(const Node& node, Recipient to, std::string& out);

    OwnedMessage message_;
    Plugins inner_;
    Plugins outer_;
    SealStep step_;
    std::optional<RequestId> id_;
    bool answer_;
    std::optional<Vouched> for_;  // whoever speaks there meanwhile
    std::shared_ptr<PluginWork> work_;
    std::function<void()> done_ = nullptr;  // called on any thread, perhaps at once
    bool started_ = false;
};

}  // namespace netaio::core

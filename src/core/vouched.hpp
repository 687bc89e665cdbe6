#pragma once

#include <netaio/address.hpp>
#include <netaio/identity.hpp>
#include <netaio/plugins.hpp>
#include <unordered_map>

namespace netaio::core {

/// Whether one auth plugin vouched for somebody whom another that took its place does not know.
inline bool forgets(const AuthPlugin& before, const AuthPlugin& now, const Identities& who) {
    return !who.empty() && before.vouches_for(who) && !now.vouches_for(who);
}

/// Who gets a message, as far as plugins ask.
struct Recipient {
    Recipient(const Peer* known = nullptr, const Vouched* said = nullptr,
              const Address* at = nullptr, bool waits_for_answer = false) noexcept
        : peer(known), vouched(said), remote(at), answer(waits_for_answer) {}

    const Peer* peer;
    const Vouched* vouched;  // as whom it is made for; null where nobody vouched
    const Address* remote;   // null when unknown, or there are many
    bool answer;             // whether the message answers what it asked
    bool sealed = false;     // whether all that goes there is
};

/// Who was said to be at which address, for as many as fit: those go first that sent nothing for
/// longest. Not thread-safe.
class VouchedSenders {
public:
    explicit VouchedSenders(std::size_t max) : half_((max + 1) / 2) {}

    bool empty() const noexcept { return young_.empty() && old_.empty(); }
    const Vouched* find(const Address& address) const {
        if (const auto found = young_.find(address); found != young_.end()) {
            return &found->second;
        }
        const auto found = old_.find(address);
        return found == old_.end() ? nullptr : &found->second;
    }
    /// The entry of an address, to be set.
    Vouched& at(const Address& address) {
        if (const auto found = young_.find(address); found != young_.end()) {
            return found->second;
        }
        auto before = old_.extract(address);
        if (young_.size() >= half_) {
            old_ = std::move(young_);
            young_.clear();
        }
        return before ? young_.insert(std::move(before)).position->second : young_[address];
    }

private:
    std::size_t half_;
    std::unordered_map<Address, Vouched> young_;
    std::unordered_map<Address, Vouched> old_;
};

}  // namespace netaio::core

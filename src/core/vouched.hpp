#pragma once

#include <netaio/address.hpp>
#include <netaio/identity.hpp>
#include <netaio/plugins.hpp>

#include "recent.hpp"

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

/// Who was said to be at which address.
using VouchedSenders = Recent<Address, Vouched>;

}  // namespace netaio::core

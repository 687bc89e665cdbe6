#pragma once

#include <netaio/completion.hpp>

#include "core/granting.hpp"

namespace netaio::net {

using core::check_grant;
using core::ending;
using core::present_value;

/// For whom nobody waits.
inline detail::Completion<OwnedMessage> unheard() {
    return detail::Completion<OwnedMessage>([](std::error_code, const OwnedMessage&) {});
}

}  // namespace netaio::net

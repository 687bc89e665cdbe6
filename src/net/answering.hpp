#pragma once

#include <netaio/completion.hpp>
#include <netaio/message.hpp>
#include <new>
#include <optional>

namespace netaio::net {

/// Tells whoever asked what came of it. Errors come from within calls that are not done; answers
/// end what was received.
inline void answer(detail::Completion<OwnedMessage>& done,
                   const boost::asio::any_io_executor& executor, std::error_code error,
                   const Message* reply) {
    std::optional<OwnedMessage> kept;
    try {
        kept = reply ? std::optional(reply->own()) : std::nullopt;
    } catch (const std::bad_alloc&) {
        error = std::make_error_code(std::errc::not_enough_memory);
    }
    if (kept) {
        done.dispatch(executor, error, std::move(*kept));
    } else {
        done.post(executor, error);
    }
}

}  // namespace netaio::net

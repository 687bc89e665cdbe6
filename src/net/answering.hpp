#pragma once

#include <netaio/completion.hpp>
#include <netaio/message.hpp>
#include <new>
#include <optional>

namespace netaio::net {

/// A copy of an answer, if there is one, and memory for it, which the error says otherwise.
inline std::optional<OwnedMessage> kept(const Message* reply, std::error_code& error) {
    try {
        return reply ? std::optional(reply->own()) : std::nullopt;
    } catch (const std::bad_alloc&) {
        error = std::make_error_code(std::errc::not_enough_memory);
        return std::nullopt;
    }
}

/// Tells whoever asked what came of it. Errors come from within calls that are not done; answers
/// end what was received.
inline void answer(detail::Completion<OwnedMessage>& done,
                   const boost::asio::any_io_executor& executor, std::error_code error,
                   const Message* reply) {
    if (auto copy = kept(reply, error)) {
        done.dispatch(executor, error, std::move(*copy));
    } else {
        done.post(executor, error);
    }
}

}  // namespace netaio::net

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

namespace netaio {

/// What a coroutine returns that waits: Asio's.
using boost::asio::awaitable;

namespace detail {
// Whether a call gives an awaitable as it mostly does, for which the library has its code already.
template <class Token>
inline constexpr bool awaits_by_default =
    std::is_same_v<std::remove_cvref_t<Token>, boost::asio::use_awaitable_t<>>;
}  // namespace detail

}  // namespace netaio

#pragma once

#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>
#include <system_error>

namespace netaio {

/// What can go wrong. Values of `netaio_category()`; a peer's reply code (NOT_FOUND, ERROR, ...) is
/// data in a message, never one of these.
enum class Errc {
    malformed = 1,           ///< bytes from the peer that break protocol.md's grammar
    unknown_message_type,    ///< a message type neither built in nor registered (protocol.md §1)
    bad_checksum,            ///< the CRC-32 of the body does not match the header
    too_large,               ///< over the size rule of protocol.md §1, or over a configured limit
    nesting_too_deep,        ///< packify collections nested deeper than allowed
    not_encodable,           ///< a value packify has no form for
    auth_failed,             ///< a message did not pass an auth plugin's check
    auth_failed_unverified,  ///< the peer says authentication failed; its word is not authenticated
    auth_not_possible,       ///< an auth plugin could not authenticate an outgoing message
    decrypt_failed,          ///< a cipher plugin could not decrypt a message
    encrypt_failed,          ///< a cipher plugin could not encrypt a message
    timeout,                 ///< nothing arrived in the time given
    closed,                  ///< the connection ended, or was never there
    queue_full,              ///< a send queue or table is at its limit
    cancelled,               ///< the caller cancelled, or the object went away
    not_connected,           ///< no connection to that server
    unsupported,             ///< what was asked for is not supported here
    stale,                   ///< a message's timestamp is too far from the clock (HmacOptions)
    replayed,                ///< a message was accepted before
    unpaid,                  ///< a message brings no stamp, or one below the price (HashcashAuth)
    pending,                 ///< an auth plugin has to wait for something (PluginContext::work)
    no_session,              ///< the other end agreed to no session where there must be one
    peer_changed,            ///< the other end has another key than the one that is known of it
};

/// The category of Errc.
const std::error_category& netaio_category() noexcept;

/// An Errc as a `std::error_code`; found by argument-dependent lookup.
std::error_code make_error_code(Errc code) noexcept;

/// What is thrown by calls that wait and are awaited, and by each run(): an error code, of this
/// category or the system's, and a sentence.
using Error = boost::system::system_error;

/// Whether an error is that one. What says of its own that it was cancelled, as Asio's operations
/// do, is Errc::cancelled, too.
bool operator==(const std::error_code& error, Errc code) noexcept;
bool operator==(const boost::system::error_code& error, Errc code) noexcept;

/// A value, or the error code that says why there is none.
template <class T>
using Result = boost::system::result<T, std::error_code>;

}  // namespace netaio

template <>
struct std::is_error_code_enum<netaio::Errc> : std::true_type {};
// Asio's error codes compare with an Errc too.
template <>
struct boost::system::is_error_code_enum<netaio::Errc> : std::true_type {};

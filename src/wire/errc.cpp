#include <netaio/errc.hpp>
#include <string>

namespace netaio {
namespace {

const char* text(Errc code) noexcept {
    switch (code) {
        case Errc::malformed: return "the peer's bytes do not follow the protocol";
        case Errc::unknown_message_type:
            return "the message type is neither built in nor registered";
        case Errc::bad_checksum: return "the checksum of the message does not match its body";
        case Errc::too_large:
            return "the message is larger than the protocol or a configured limit allows";
        case Errc::nesting_too_deep: return "the packed value is nested deeper than allowed";
        case Errc::not_encodable: return "the value has no packed form";
        case Errc::auth_failed: return "the message failed authentication";
        case Errc::auth_failed_unverified:
            return "the peer reports, without proof, that authentication failed";
        case Errc::auth_not_possible: return "the outgoing message could not be authenticated";
        case Errc::decrypt_failed: return "the message could not be decrypted";
        case Errc::encrypt_failed: return "the message could not be encrypted";
        case Errc::timeout: return "nothing arrived in the time given";
        case Errc::closed: return "the connection is closed";
        case Errc::queue_full: return "a queue or table is at its limit";
        case Errc::cancelled: return "the operation was cancelled";
        case Errc::not_connected: return "there is no connection to that server";
        case Errc::unsupported: return "this is not supported here";
        case Errc::stale: return "the message's timestamp is too far from the clock";
        case Errc::replayed: return "the message was accepted before";
        case Errc::pending: return "the message waits for something to be done";
        case Errc::unpaid: return "the message does not bring the stamp that is asked for";
        case Errc::no_session: return "the other end agreed to no session, and there must be one";
        case Errc::peer_changed:
            return "the other end has another key than the one that is known of it";
    }
    return "unknown netaio error";
}

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "netaio"; }

    std::string message(int value) const override { return text(static_cast<Errc>(value)); }

    // Only where the standard condition says the same thing: generic code may then act on it.
    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<Errc>(value)) {
            case Errc::malformed:
            case Errc::unknown_message_type:
            case Errc::bad_checksum: return std::errc::bad_message;
            case Errc::too_large: return std::errc::message_size;
            case Errc::timeout: return std::errc::timed_out;
            case Errc::closed: return std::errc::connection_reset;
            case Errc::queue_full: return std::errc::no_buffer_space;
            case Errc::cancelled: return std::errc::operation_canceled;
            case Errc::not_connected: return std::errc::not_connected;
            case Errc::unsupported: return std::errc::not_supported;
            default: return {value, *this};
        }
    }
};

}  // namespace

const std::error_category& netaio_category() noexcept {
    static const Category category;
    return category;
}

std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), netaio_category()};
}

bool operator==(const std::error_code& error, Errc code) noexcept {
    return error == make_error_code(code) ||
           (code == Errc::cancelled && error == std::errc::operation_canceled);
}

bool operator==(const boost::system::error_code& error, Errc code) noexcept {
    return static_cast<bool>(error) && std::error_code(error) == code;
}

}  // namespace netaio

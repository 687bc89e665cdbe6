#pragma once

#include <netaio/message.hpp>
#include <string>

namespace netaio::wire {

/// The auth fields of many messages that differ in their request ids alone, encoded once.
class FixedFields {
public:
    /// Errc::too_large where they are more than a frame holds.
    static Result<FixedFields> make(const AuthFields& fields);

    /// Appends the frame of a message with these fields in place of its own.
    void append_frame(const Message& message, RequestId id, std::string& out) const;

private:
    FixedFields(std::string encoded, std::size_t id_at) noexcept
        : encoded_(std::move(encoded)), id_at_(id_at) {}

    std::string encoded_;
    std::size_t id_at_;
};

}  // namespace netaio::wire

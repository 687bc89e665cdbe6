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
    FixedFields(std::string head, std::size_t id_at) noexcept
        : head_(std::move(head)), id_at_(id_at) {}

    std::string head_;  // with room for the frame's header before them
    std::size_t id_at_;
};

}  // namespace netaio::wire

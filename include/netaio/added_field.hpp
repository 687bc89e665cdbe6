#pragma once

#include <memory>
#include <netaio/auth_fields.hpp>
#include <string>
#include <string_view>

namespace netaio {

namespace core {
class Stream;
}  // namespace core
namespace wire {
class FixedFields;
}  // namespace wire

/// An auth field that messages get when they are passed on (TcpServer::pass_on()): its encoding is
/// kept for all of them. Used on one thread.
class AddedField {
public:
    /// Of a value of bytes, which is copied. One that no frame has room for is refused where it is
    /// used: by pass_on(), and by what sends a message that it was added to.
    AddedField(std::string_view name, ByteView value) : name_(name), value_(value) {}

    /// By which it is found in a message.
    const std::string& name() const noexcept { return name_; }
    /// Sets it among the fields of a message that is not passed on, but made.
    void add_to(AuthFields& fields) const { fields.set(name_, value_); }

private:
    friend class core::Stream;

    // As the only one beside the request id; null where it is more than a frame holds.
    const wire::FixedFields* alone() const { return alone_ ? alone_.get() : encode(); }
    const wire::FixedFields* encode() const;

    std::string name_;
    std::string value_;
    mutable std::shared_ptr<const wire::FixedFields> alone_;
};

}  // namespace netaio

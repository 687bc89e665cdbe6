#pragma once

#include <memory>
#include <netaio/bytes.hpp>
#include <string>
#include <string_view>

namespace netaio {

namespace core {
class Stream;
}  // namespace core
namespace wire {
class FixedFields;
}  // namespace wire

/// An auth field that messages get when they are passed on (TcpServer::pass_on()), encoded once for
/// all of them. Owns its bytes; used on one thread.
class AddedField {
public:
    /// Its value is a string of bytes.
    AddedField(std::string_view name, ByteView value) : name_(name), value_(value) {}

    const std::string& name() const noexcept { return name_; }
    ByteView value() const noexcept { return value_; }

private:
    friend class core::Stream;

    // As the only one beside the request id; null where it is more than a frame holds.
    const wire::FixedFields* alone() { return alone_ ? alone_.get() : encode(); }
    const wire::FixedFields* encode();

    std::string name_;
    std::string value_;
    std::shared_ptr<const wire::FixedFields> alone_;
};

}  // namespace netaio

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

namespace netaio::net {

/// Notices when what belongs to the thread of an event loop is used by another one. It can't tell
/// where the executor is none of an io_context itself, as a strand, nor before the loop has run.
class OneThread {
public:
    /// To be called on the executor.
    void runs_here() noexcept;

    /// Throws std::logic_error when another thread runs the loop; `who` is used there.
    void expect(const boost::asio::any_io_executor& executor, const char* who) const {
        if (thread_ && thread_ != mark().get()) {
            check(executor, who);
        }
    }

private:
    struct Mark {};  // of a thread, for as long as it lives

    static const std::shared_ptr<const Mark>& mark();
    void check(const boost::asio::any_io_executor& executor, const char* who) const;

    const Mark* thread_ = nullptr;
    std::weak_ptr<const Mark> alive_ = {};
};

}  // namespace netaio::net

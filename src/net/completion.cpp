#include <boost/asio/io_context.hpp>
#include <netaio/completion.hpp>

namespace netaio::detail {

bool runs_here(const boost::asio::any_io_executor& executor) {
    const auto* loop = executor.target<boost::asio::io_context::executor_type>();
    return loop && loop->running_in_this_thread();
}

}  // namespace netaio::detail

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <netaio/run.hpp>

#include "ring.hpp"

namespace netaio {

void run(awaitable<void> program) {
    boost::asio::io_context context(1);
    net::use_ring(context);
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(program),
                          [&failure](std::exception_ptr thrown) { failure = thrown; });
    context.run();
    net::send_rest(context);
    if (failure) {
        std::rethrow_exception(failure);
    }
}

bool use_io_uring(boost::asio::io_context& context) {
    return net::use_ring(context);
}

}  // namespace netaio

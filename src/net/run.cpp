#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <netaio/run.hpp>

#include "residents.hpp"
#include "ring.hpp"

namespace netaio {

void run(awaitable<void> program) {
    boost::asio::io_context context(1);
    net::use_ring(context);
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(program), [&](std::exception_ptr thrown) {
        failure = thrown;
        context.stop();
    });
    context.run();
    context.restart();
    net::send_rest(context);
    while (net::has_unsent(context) && context.run_one() > 0) {
        net::send_rest(context);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

bool use_io_uring(boost::asio::io_context& context) {
    return net::use_ring(context);
}

}  // namespace netaio

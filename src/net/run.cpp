#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <netaio/run.hpp>

namespace netaio {

void run(awaitable<void> program) {
    boost::asio::io_context context(1);
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(program),
                          [&failure](std::exception_ptr thrown) { failure = thrown; });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace netaio

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <netaio/run.hpp>
#include <netaio/timer.hpp>
#include <optional>

#include "core/waiting.hpp"
#include "residents.hpp"
#include "ring.hpp"
#include "signals.hpp"

namespace netaio {
namespace {

bool is_cancelled(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.code() == Errc::cancelled;
    } catch (...) {
        return false;
    }
}

}  // namespace

int run(awaitable<void> program, const RunOptions& options) {
    boost::asio::cancellation_signal cancelling;  // outlives the program
    std::exception_ptr failure;
    bool signalled = false;
    boost::asio::io_context context(1);
    net::use_ring(context);
    boost::asio::co_spawn(
        context, std::move(program),
        boost::asio::bind_cancellation_slot(cancelling.slot(), [&](std::exception_ptr thrown) {
            failure = thrown;
            context.stop();
        }));
    {
        Timer grace(context);
        std::optional<net::SignalWatch> watch;
        if (options.handle_signals) {
            watch.emplace(context.get_executor(), [&] {
                if (std::exchange(signalled, true) || options.grace.count() <= 0) {
                    context.stop();
                    return;
                }
                grace.expires_after(core::bounded(options.grace));
                grace.async_wait([&](boost::system::error_code error) {
                    if (!error) {
                        context.stop();
                    }
                });
                cancelling.emit(boost::asio::cancellation_type::terminal);
            });
        }
        context.run();
    }
    context.restart();
    net::send_rest(context);
    while (net::has_unsent(context) && context.run_one() > 0) {
        net::send_rest(context);
    }
    if (failure && !(signalled && is_cancelled(failure))) {
        std::rethrow_exception(failure);
    }
    return 0;
}

bool use_io_uring(boost::asio::io_context& context) {
    return net::use_ring(context);
}

}  // namespace netaio

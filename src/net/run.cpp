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
#include "running.hpp"
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

thread_local boost::asio::io_context* running = nullptr;

// Within it the thread runs that context.
class Running {
public:
    explicit Running(boost::asio::io_context& context) noexcept
        : before_(std::exchange(running, &context)) {}
    ~Running() { running = before_; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

private:
    boost::asio::io_context* before_;
};

}  // namespace

boost::asio::any_io_executor net::running_executor() {
    return running ? boost::asio::any_io_executor(running->get_executor())
                   : boost::asio::any_io_executor();
}

int run(awaitable<void> program, const RunOptions& options) {
    boost::asio::cancellation_signal cancelling;  // outlives the program
    std::exception_ptr failure;
    bool signalled = false;
    bool at_once = false;
    boost::asio::io_context context(1);
    net::use_ring(context);
    boost::asio::co_spawn(
        context, std::move(program),
        boost::asio::bind_cancellation_slot(cancelling.slot(), [&](std::exception_ptr thrown) {
            failure = thrown;
            context.stop();
        }));
    const auto end_at_once = [&] {
        at_once = true;
        context.stop();
    };
    {
        Timer grace(context);
        std::optional<net::SignalWatch> watch;
        if (options.handle_signals) {
            watch.emplace(context.get_executor(), [&] {
                if (std::exchange(signalled, true) || options.grace.count() <= 0) {
                    end_at_once();
                    return;
                }
                grace.expires_after(core::bounded(options.grace));
                grace.async_wait([&](boost::system::error_code error) {
                    if (!error) {
                        end_at_once();
                    }
                });
                cancelling.emit(boost::asio::cancellation_type::terminal);
            });
        }
        const Running here(context);
        context.run();
    }
    context.restart();
    net::send_rest(context);
    while (!at_once && net::has_unsent(context) && context.run_one() > 0) {
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

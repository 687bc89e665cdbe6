#include "loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "core/callback.hpp"
#include "core/stream.hpp"
#include "handler_run.hpp"
#include "tcp_handler.hpp"

namespace netaio::net {

std::shared_ptr<Loop> Loop::make(boost::asio::any_io_executor executor,
                                 std::shared_ptr<core::Node> node, const core::StreamLimits& limits,
                                 std::shared_ptr<void> context) {
    std::shared_ptr<Loop> loop(
        new Loop(std::move(executor), std::move(node), limits, std::move(context)));
    settle_in(loop->executor_, loop);
    return loop;
}

Loop::Loop(boost::asio::any_io_executor executor, std::shared_ptr<core::Node> node,
           const core::StreamLimits& limits, std::shared_ptr<void> context)
    : Hub(std::move(node), limits),
      context_(std::move(context)),
      executor_(std::move(executor)),
      ticker_(std::make_shared<Ticker>(
          executor_, this->node().environment.clock, [this] { return next(); },
          [this] {
              const auto keep_alive = shared_from_this();
              core::attempt(this->node().environment.log, "time is looked after all the same",
                            [this] { tick(); });
          })),
      read_buffer_(new char[read_buffer_size]) {
    set_mailbox(std::make_shared<core::Mailbox>(
        [to = executor_](auto what) { boost::asio::post(to, std::move(what)); }));
}

Loop::~Loop() {
    mailbox()->close();  // works of plugins may last longer than the context
    if (ticker_) {
        ticker_->stop();  // it may be what let go of the last connection
    }
}

Loop& Loop::of(core::Stream& stream) {
    return static_cast<Loop&>(stream.hub());
}

void Loop::turn_later() {
    if (executor_) {
        boost::asio::post(executor_, [loop = self()] {
            core::attempt(loop->node().environment.log, "connections are served all the same", [&] {
                loop->turn();
                if (loop->ticker_) {
                    loop->ticker_->update_if_missed();
                }
            });
        });
    }
}

void Loop::wake() {
    if (ticker_) {
        ticker_->update();
    }
}

void Loop::start(std::shared_ptr<core::Stream> stream, std::shared_ptr<core::Suspended> handler) {
    const auto run = std::make_shared<HandlerRun>(executor_);
    handler->running = run;
    const auto& kept = static_cast<const KeptTcpHandler&>(*handler->route.handler);
    auto coroutine = kept.start(handler->message, *stream);
    run->start(std::move(coroutine),
               [stream = std::move(stream), handler = std::move(handler)](
                   HandlerRun::Reply reply, const std::exception_ptr& failure) {
                   stream->handler_ended(*handler, std::move(reply), failure);
               });
}

std::shared_ptr<void> Loop::keep_running() {
    using Guard = boost::asio::executor_work_guard<boost::asio::any_io_executor>;
    return executor_ ? std::make_shared<Guard>(executor_) : nullptr;
}

void Loop::context_ends() {
    if (!executor_) {
        return;
    }
    abort_all(Errc::cancelled);
    stop();
    mailbox()->close();
    drop_orphans();
    ticker_->stop();
    ticker_ = nullptr;
    executor_ = {};
}

}  // namespace netaio::net

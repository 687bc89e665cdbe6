#include "net/input.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/detail/config.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <utility>

#include "descriptor.hpp"
#include "wire/object_pool.hpp"

#if !defined(BOOST_ASIO_HAS_EPOLL) || defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT)
#error "this way of waiting is for Asio's epoll reactor: configure with NETAIO_PORTABLE=ON"
#endif
#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>

/// Asio's async_wait() sets a socket up in epoll anew, each time: a system call for each batch of
/// messages, beside those that wait, receive and send (bench: request, pipelined). The reactor is
/// edge-triggered and needs that only to hear again of what is there already, and who reads after
/// wait_for_input() does not need to hear of that. So this queues a wait as async_read_some()
/// queues a read, by Asio's own reactor, for which there is no public way.
namespace netaio::net {
namespace {

using boost::asio::any_io_executor;
using boost::asio::detail::epoll_reactor;

class InputWait final : public boost::asio::detail::reactor_op {
public:
    InputWait() : reactor_op({}, &perform, &complete) {}

    static void start(epoll_reactor& reactor, int fd, epoll_reactor::per_descriptor_data& entry,
                      const any_io_executor& executor, std::weak_ptr<InputListener> listener) {
        InputWait* wait = Pool::take();
        wait->ec_ = {};
        wait->listener_ = std::move(listener);
        if (executor.target_type() != typeid(boost::asio::io_context::executor_type)) {
            wait->executor_ =
                boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
        }
        starting = wait;
        reactor.start_op(epoll_reactor::read_op, fd, entry, wait, true, true);
        starting = nullptr;
    }

private:
    using Pool = wire::ObjectPool<InputWait>;

    // Asked by start_op() whether it is done at once, and again at each event.
    static status perform(reactor_op* wait) { return wait == starting ? not_done : done; }

    static void complete(void* context, boost::asio::detail::operation* operation,
                         const boost::system::error_code&, std::size_t) {
        auto* wait = static_cast<InputWait*>(operation);
        const auto executor = std::exchange(wait->executor_, {});
        const auto weak = std::exchange(wait->listener_, {});
        const auto error = wait->ec_;
        Pool::give(wait);
        if (!context) {
            return;  // the context is destroyed, and its operations with it
        }
        const auto tell = [weak, error] {
            if (const auto listener = weak.lock()) {
                listener->input_came(error);
            }
        };
        executor ? executor.execute(tell) : tell();
    }

    inline static thread_local const reactor_op* starting = nullptr;

    any_io_executor executor_;  // none for a context's own, whose threads complete operations
    std::weak_ptr<InputListener> listener_;
};

template <class Socket>
void wait(Socket& socket, std::weak_ptr<InputListener> listener) {
    auto& entry = descriptor_of(socket);
    const auto executor = socket.get_executor();
    auto& reactor = boost::asio::use_service<epoll_reactor>(
        boost::asio::query(executor, boost::asio::execution::context));
    InputWait::start(reactor, entry.socket_, entry.reactor_data_, executor, std::move(listener));
}

}  // namespace

void wait_for_input(StreamSocket& socket, std::weak_ptr<InputListener> listener) {
    wait(socket, std::move(listener));
}

void wait_for_input(boost::asio::ip::udp::socket& socket, std::weak_ptr<InputListener> listener) {
    wait(socket, std::move(listener));
}

}  // namespace netaio::net

// Compiles where Asio's private parts are as src/net/linux needs them: all it names is here.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#if !defined(BOOST_ASIO_HAS_EPOLL) || defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT)
#error "no epoll reactor"
#endif
#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/op_queue.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/detail/scheduler_operation.hpp>

namespace asio = boost::asio;
namespace detail = boost::asio::detail;

template <int detail::epoll_reactor::* member>
struct EpollOf {
    friend int epoll_of(detail::epoll_reactor& reactor) { return reactor.*member; }
};
int epoll_of(detail::epoll_reactor&);
template struct EpollOf<&detail::epoll_reactor::epoll_fd_>;

class Reactor final : public detail::epoll_reactor {
public:
    explicit Reactor(asio::execution_context& context)
        : epoll_reactor(context), scheduler_(asio::use_service<detail::scheduler>(context)) {}
    void run(long usec, detail::op_queue<detail::operation>& done) override {
        scheduler_.work_started();
        epoll_reactor::run(usec, done);
        init_task();
        scheduler_.work_finished();
    }
    void shutdown() override { epoll_reactor::shutdown(); }

private:
    detail::scheduler& scheduler_;
};

class Wait final : public detail::reactor_op {
public:
    Wait() : reactor_op({}, &perform, &complete) { ec_ = {}; }

private:
    static status perform(reactor_op*) { return done; }
    static void complete(void*, detail::operation*, const boost::system::error_code&, std::size_t) {
    }
};

struct Opened : asio::ip::tcp::socket {
    using asio::ip::tcp::socket::impl_;
};

int start(asio::io_context& context, asio::ip::tcp::socket& socket) {
    auto& entry = (socket.*(&Opened::impl_)).get_implementation();
    detail::epoll_reactor::per_descriptor_data& data = entry.reactor_data_;
    auto& reactor = asio::use_service<detail::epoll_reactor>(context);
    Wait wait;
    reactor.start_op(detail::epoll_reactor::read_op, entry.socket_, data, &wait, true, true);
    asio::add_service<detail::epoll_reactor>(context, new Reactor(context));
    return epoll_of(reactor);
}

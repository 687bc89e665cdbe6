#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/packaged_task.hpp>
#include <future>
#include <netaio/shared_client.hpp>
#include <stdexcept>
#include <thread>

#include "cancelling.hpp"
#include "core/callback.hpp"
#include "ring.hpp"

namespace netaio {
namespace {

// An operation of the client's thread that somebody else waits for.
template <class T>
struct Elsewhere {
    detail::Completion<T> done;
    net::Cancelling cancel = {};
};

// The completion of that operation, and the cancellation of it. Each slot is used on the thread it
// belongs to only: the waiting one's from here and where that completes, the client's on its own.
template <class T>
detail::Completion<T> carry(detail::Completion<T> done,
                            const boost::asio::any_io_executor& executor) {
    auto slot = done.slot();
    const auto waiting = std::make_shared<Elsewhere<T>>(std::move(done));
    if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr(waiting), executor](boost::asio::cancellation_type) {
            if (const auto cancelled = weak.lock()) {
                net::cancel_on(executor, cancelled, cancelled->cancel);
            }
        });
    }
    return detail::Completion<T>(boost::asio::bind_cancellation_slot(
        waiting->cancel.signal.slot(),
        [waiting, executor](boost::system::error_code error, T value) {
            waiting->cancel.over = true;
            boost::asio::dispatch(waiting->done.executor(executor),
                                  [waiting, executor, error, value = std::move(value)]() mutable {
                                      waiting->done.dispatch(executor, error, std::move(value));
                                  });
        }));
}

}  // namespace

class SharedClient::Impl {
public:
    explicit Impl(TcpClientOptions options)
        : log_(options.environment.log),
          client_(std::in_place, context_.get_executor(), std::move(options)) {
        thread_ = std::thread([this] { serve(); });
    }

    void join() { thread_.join(); }

    /// Ends the client; callbacks may still call this one meanwhile.
    void end() {
        boost::asio::post(context_, [this] {
            client_.reset();
            work_.reset();
        });
    }

    boost::asio::any_io_executor executor() noexcept { return context_.get_executor(); }
    /// False only while this is destroyed, for callbacks of what then ends.
    bool has_client() const noexcept { return client_.has_value(); }
    TcpClient& client() noexcept { return *client_; }

    template <class T, class Start>
    void start(detail::Completion<T> done, Start&& start) {
        boost::asio::post(context_, [this, done = carry(std::move(done), executor()),
                                     start = std::forward<Start>(start)]() mutable {
            if (client_) {
                start(*client_, std::move(done));
            } else {
                done.post(executor(), Errc::cancelled);
            }
        });
    }

    /// Returns when it is done, unless the client has ended, and throws what it throws.
    template <class Work>
    void have_done(Work&& work) {
        boost::asio::dispatch(context_, std::packaged_task<void()>([this, &work] {
                                  if (client_) {
                                      work(*client_);
                                  }
                              }))
            .get();
    }

private:
    void serve() noexcept {
        while (!core::attempt(log_, "the client's thread goes on all the same",
                              [this] { context_.run(); })) {
        }
    }

    Log log_;
    boost::asio::io_context context_{1};
    const bool ring_ = net::use_ring(context_);
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        context_.get_executor()};
    std::optional<TcpClient> client_;
    std::thread thread_;
};

SharedClient::SharedClient(TcpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

SharedClient::~SharedClient() {
    impl_->end();
    impl_->join();
}

TcpClient& SharedClient::client() noexcept {
    return impl_->client();
}

boost::asio::any_io_executor SharedClient::executor() const noexcept {
    return impl_->executor();
}

void SharedClient::keep_connected(std::string_view host, std::uint16_t port, KeepOptions options) {
    keep_connected({ServerName{std::string(host), port}}, std::move(options));
}

void SharedClient::keep_connected(std::vector<ServerName> servers, KeepOptions options) {
    impl_->have_done(
        [&](TcpClient& client) { client.keep_connected(std::move(servers), std::move(options)); });
}

void SharedClient::keep_connected(const Address& server, KeepOptions options) {
    impl_->have_done([&](TcpClient& client) { client.keep_connected(server, std::move(options)); });
}

void SharedClient::close_all() {
    impl_->have_done([](TcpClient& client) { client.close_all(); });
}

void SharedClient::set_plugins(Plugins plugins) {
    if (impl_->has_client()) {
        impl_->client().set_plugins(std::move(plugins));
    }
}

void SharedClient::keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) {
    if (impl_->has_client()) {
        impl_->client().keep_handler(std::move(key), std::move(options), std::move(handler), once);
    }
}

bool SharedClient::drop_handler(const Key& key, bool once) {
    return impl_->has_client() && impl_->client().drop_handler(key, once);
}

void SharedClient::start_connect(std::string host, std::uint16_t port,
                                 detail::Completion<Address> done) {
    impl_->start(
        std::move(done), [host = std::move(host), port, executor = executor()](
                             TcpClient& client, detail::Completion<Address> asked) mutable {
            const auto slot = asked.slot();
            auto receive = [&client, executor, asked = std::move(asked)](
                               boost::system::error_code error, const Address& server) mutable {
                if (!error) {
                    client.start_receive_loop(server);
                }
                asked.dispatch(executor, error, server);
            };
            client.start_connect(std::move(host), port,
                                 detail::Completion<Address>(boost::asio::bind_cancellation_slot(
                                     slot, std::move(receive))));
        });
}

void SharedClient::start_request(Result<OwnedMessage> message, detail::RequestTerms terms,
                                 detail::Completion<OwnedMessage> done) {
    impl_->start(std::move(done), [message = std::move(message), terms = std::move(terms)](
                                      TcpClient& client, auto asked) mutable {
        client.start_request(std::move(message), std::move(terms), std::move(asked));
    });
}

}  // namespace netaio

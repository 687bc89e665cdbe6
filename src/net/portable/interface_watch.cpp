#include "net/interface_watch.hpp"

#include <boost/asio/steady_timer.hpp>

namespace netaio::net {
namespace {

constexpr std::chrono::seconds interval(5);

}  // namespace

struct InterfaceWatch::State : std::enable_shared_from_this<State> {
    State(const boost::asio::any_io_executor& executor, std::function<void()> callback)
        : timer(executor), changed(std::move(callback)) {}

    void wait() {
        timer.expires_after(interval);
        timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
            if (const auto self = weak.lock(); self && !error) {
                self->changed();
                self->wait();
            }
        });
    }

    boost::asio::steady_timer timer;
    std::function<void()> changed;
};

InterfaceWatch::InterfaceWatch(const boost::asio::any_io_executor& executor,
                               std::function<void()> changed)
    : state_(std::make_shared<State>(executor, std::move(changed))) {
    state_->wait();
}

InterfaceWatch::~InterfaceWatch() {
    state_->timer.cancel();
}

}  // namespace netaio::net

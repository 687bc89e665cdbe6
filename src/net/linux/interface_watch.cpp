#include "net/interface_watch.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace netaio::net {

struct InterfaceWatch::State : std::enable_shared_from_this<State> {
    State(const boost::asio::any_io_executor& executor, std::function<void()> callback)
        : netlink(executor), changed(std::move(callback)) {}

    void open() {
        const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (fd < 0) {
            return;  // not allowed here: the interfaces of the start are used
        }
        netlink.assign(fd);
        sockaddr_nl name{};
        name.nl_family = AF_NETLINK;
        name.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
        if (bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0) {
            wait();
        }
    }

    void wait() {
        netlink.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [weak = weak_from_this()](boost::system::error_code error) {
                               const auto self = weak.lock();
                               if (error || !self || !self->netlink.is_open()) {
                                   return;
                               }
                               // What exactly changed is not looked at: everything is listed anew.
                               std::array<char, 8192> ignored;
                               while (recv(self->netlink.native_handle(), ignored.data(),
                                           ignored.size(), MSG_DONTWAIT) > 0) {
                               }
                               self->changed();
                               if (self->netlink.is_open()) {
                                   self->wait();
                               }
                           });
    }

    boost::asio::posix::stream_descriptor netlink;
    std::function<void()> changed;
};

InterfaceWatch::InterfaceWatch(const boost::asio::any_io_executor& executor,
                               std::function<void()> changed)
    : state_(std::make_shared<State>(executor, std::move(changed))) {
    state_->open();
}

InterfaceWatch::~InterfaceWatch() {
    boost::system::error_code ignored;
    state_->netlink.close(ignored);
}

}  // namespace netaio::net

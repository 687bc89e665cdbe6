#include "net/input.hpp"

namespace netaio::net {
namespace {

template <class Socket>
void wait(Socket& socket, std::weak_ptr<InputListener> listener) {
    socket.async_wait(Socket::wait_read,
                      [listener = std::move(listener)](boost::system::error_code error) {
                          if (const auto told = listener.lock()) {
                              told->input_came(error);
                          }
                      });
}

}  // namespace

void wait_for_input(StreamSocket& socket, std::weak_ptr<InputListener> listener) {
    wait(socket, std::move(listener));
}

void wait_for_input(boost::asio::ip::udp::socket& socket, std::weak_ptr<InputListener> listener) {
    wait(socket, std::move(listener));
}

}  // namespace netaio::net

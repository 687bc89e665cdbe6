// A program with a window: its thread draws and must never wait for the network. A SharedClient has
// a thread of its own, and what it brings comes to the window's loop, here one of Asio's; other
// toolkits have a call that posts to theirs.
//   window [HOST PORT]     the server of server.cpp, 127.0.0.1 8888 unless given
#include <boost/asio/executor_work_guard.hpp>
#include <cstdlib>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using boost::asio::bind_executor;

class Window {
public:
    Window(const std::string& host, std::uint16_t port)
        : client_({.auth = hmac_auth({.secret = "test"})}) {
        client_.on(notify_uri, on_executor(executor(), [this](const Message& news) {
                       draw(news.uri(), news.content());
                       open_.reset();  // enough seen
                   }));
        client_.keep_connected(host, port);
    }

    // What a click does: it asks and goes on; the answer is drawn when it comes.
    void press_button() {
        client_.request(
            "echo", "Hello!", {},
            bind_executor(executor(), [this](std::error_code error, const OwnedMessage& reply) {
                draw("echo", error ? error.message() : reply.content().str());
                watch_lamp();
            }));
    }

    void show() { loop_.run(); }

private:
    void watch_lamp() {
        client_.create("attic/lamp", "on");
        client_.subscribe("attic/lamp", {},
                          bind_executor(executor(), [this](std::error_code, const OwnedMessage&) {
                              client_.update("attic/lamp", "off");
                          }));
    }
    void draw(std::string_view what, std::string_view text) {
        std::cout << what << ": " << text << std::endl;
    }
    boost::asio::any_io_executor executor() { return loop_.get_executor(); }

    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_{
        loop_.get_executor()};
    SharedClient client_;
};

int main(int argc, char** argv) {
    Window window(argc > 2 ? argv[1] : "127.0.0.1",
                  static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 8888));
    window.press_button();
    window.show();
}

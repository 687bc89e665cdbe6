// libzmq: `zmq server role=ROLE`, `zmq client role=ROLE port=P server=PID ...`, for the roles
// request (REP and REQ), pipelined (ROUTER and DEALERs) and fan_out (XPUB that drops nothing, and
// SUBs). Both ends are libzmq's.
#include <zmq.h>

#include "arguments.hpp"
#include "measured.hpp"
#include "ready.hpp"

namespace netaio::bench {
namespace {

void check(int result, const char* what) {
    if (result < 0) {
        throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
    }
}

// A context is left to the end of the process.
void* context() {
    static void* const only = zmq_ctx_new();
    return only;
}

void* make_socket(int type) {
    void* const socket = zmq_socket(context(), type);
    if (!socket) {
        check(-1, "zmq_socket");
    }
    const int unlimited = 0;
    check(zmq_setsockopt(socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited), "SNDHWM");
    check(zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited), "RCVHWM");
    return socket;
}

void bind_and_tell(void* socket) {
    check(zmq_bind(socket, "tcp://127.0.0.1:*"), "zmq_bind");
    char endpoint[128];
    std::size_t size = sizeof endpoint;
    check(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size), "LAST_ENDPOINT");
    const std::string text(endpoint);
    ready(static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1))));
}

void* connect_to(int type, std::uint16_t port) {
    void* const socket = make_socket(type);
    check(zmq_connect(socket, ("tcp://127.0.0.1:" + std::to_string(port)).c_str()), "connect");
    return socket;
}

void pass_back(void* socket, int parts) {
    for (;;) {
        for (int part = 1; part <= parts; ++part) {
            zmq_msg_t message;
            zmq_msg_init(&message);
            check(zmq_msg_recv(&message, socket, 0), "recv");
            check(zmq_msg_send(&message, socket, part < parts ? ZMQ_SNDMORE : 0), "send");
        }
    }
}

// Every subscriber's subscription is awaited, so that the figures are of all.
void publish_all(const Arguments& arguments) {
    void* const socket = zmq_socket(context(), ZMQ_XPUB);
    const int on = 1;
    check(zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &on, sizeof on), "NODROP");
    check(zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &on, sizeof on), "VERBOSE");
    bind_and_tell(socket);
    std::string buffer(64, '\0');
    for (std::size_t i = 0; i < arguments.number("subscribers", 100); ++i) {
        check(zmq_recv(socket, buffer.data(), buffer.size(), 0), "recv");
    }
    const std::string content(arguments.number("payload", 64), 'c');
    for (;;) {
        check(zmq_send(socket, content.data(), content.size(), 0), "send");
    }
}

void serve(const Arguments& arguments) {
    const std::string role = arguments.text("role", "request");
    if (role == "fan_out") {
        publish_all(arguments);
    }
    void* const socket = make_socket(role == "request" ? ZMQ_REP : ZMQ_ROUTER);
    bind_and_tell(socket);
    pass_back(socket, role == "request" ? 1 : 2);
}

void request(const Arguments& arguments, const Duration& duration) {
    void* const socket = connect_to(ZMQ_REQ, arguments.port());
    const std::string content(arguments.number("payload", 64), 'c');
    std::string reply(content.size(), '\0');
    run_one_in_flight(duration, [&] {
        check(zmq_send(socket, content.data(), content.size(), 0), "send");
        check(zmq_recv(socket, reply.data(), reply.size(), 0), "recv");
    }).print();
}

// Receives what has come on each socket in turn, and sends as much again if it is to.
void receive_all(const std::vector<void*>& sockets, const std::string& content, bool answer,
                 const Duration& duration) {
    std::string buffer(content.size() + 64, '\0');
    std::uint64_t done = 0;
    Stopwatch watch(duration);
    do {
        bool any = false;
        for (void* const socket : sockets) {
            for (int i = 0; i < 128; ++i) {
                const bool may_wait = sockets.size() == 1 && i == 0;
                if (zmq_recv(socket, buffer.data(), buffer.size(), may_wait ? 0 : ZMQ_DONTWAIT) <
                    0) {
                    break;
                }
                any = true;
                ++done;
                if (answer) {
                    check(zmq_send(socket, content.data(), content.size(), 0), "send");
                }
            }
        }
        if (!any) {
            sched_yield();
        }
    } while (watch.goes_on(done));
    watch.print();
}

void drive(const Arguments& arguments) {
    const std::string role = arguments.text("role", "request");
    const Duration duration = duration_of(arguments);
    if (role == "request") {
        return request(arguments, duration);
    }
    const std::string content(arguments.number("payload", 64), 'c');
    const bool pipelined = role == "pipelined";
    std::vector<void*> sockets;
    for (std::size_t i = 0;
         i < arguments.number(pipelined ? "connections" : "subscribers", pipelined ? 1 : 100);
         ++i) {
        sockets.push_back(connect_to(pipelined ? ZMQ_DEALER : ZMQ_SUB, arguments.port()));
        if (!pipelined) {
            check(zmq_setsockopt(sockets.back(), ZMQ_SUBSCRIBE, "", 0), "SUBSCRIBE");
        }
    }
    if (pipelined) {
        for (void* const socket : sockets) {
            for (std::size_t i = 0; i < arguments.number("in_flight", 1); ++i) {
                check(zmq_send(socket, content.data(), content.size(), 0), "send");
            }
        }
    }
    receive_all(sockets, content, pipelined, duration);
}

void run(const Arguments& arguments) {
    arguments.what() == "server" ? serve(arguments) : drive(arguments);
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    const int code = netaio::bench::run_program(argc, argv, netaio::bench::run);
    std::fflush(stdout);
    _exit(code);  // sockets with messages on their way would keep it
}

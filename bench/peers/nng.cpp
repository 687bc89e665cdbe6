// NNG: `nng server role=ROLE`, `nng client role=ROLE port=P server=PID ...`, for the roles request
// (rep and req) and pipelined (contexts of both, each with one request in flight). Both ends are
// NNG's.
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include <atomic>
#include <thread>

#include "arguments.hpp"
#include "measured.hpp"
#include "ready.hpp"

namespace netaio::bench {
namespace {

void check(int result) {
    if (result != 0) {
        std::fprintf(stderr, "nng: %s\n", nng_strerror(result));
        _exit(1);  // also from NNG's own threads
    }
}

void listen_and_tell(nng_socket socket) {
    nng_listener listener;
    check(nng_listener_create(&listener, socket, "tcp://127.0.0.1:0"));
    check(nng_listener_start(listener, 0));
    nng_sockaddr address;
    check(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address));
    ready(ntohs(address.s_in.sa_port));
}

std::string url_of(const Arguments& arguments) {
    return "tcp://127.0.0.1:" + std::to_string(arguments.port());
}

// One request after another at the server, passed back as it came.
struct Replier {
    nng_ctx context{};
    nng_aio* waiting = nullptr;
    bool sending = false;

    explicit Replier(nng_socket socket) {
        check(nng_ctx_open(&context, socket));
        check(
            nng_aio_alloc(&waiting, [](void* self) { static_cast<Replier*>(self)->next(); }, this));
        nng_ctx_recv(context, waiting);
    }
    void next() {
        check(nng_aio_result(waiting));
        sending = !sending;
        if (sending) {
            nng_aio_set_msg(waiting, nng_aio_get_msg(waiting));
            nng_ctx_send(context, waiting);
        } else {
            nng_ctx_recv(context, waiting);
        }
    }
};

std::atomic<std::uint64_t> done;

struct Requester {
    nng_ctx context{};
    nng_aio* waiting = nullptr;
    std::size_t payload;
    bool receiving = false;

    Requester(nng_socket socket, std::size_t size) : payload(size) {
        check(nng_ctx_open(&context, socket));
        check(nng_aio_alloc(
            &waiting, [](void* self) { static_cast<Requester*>(self)->next(); }, this));
        send();
    }
    void send() {
        nng_msg* message;
        check(nng_msg_alloc(&message, payload));
        nng_aio_set_msg(waiting, message);
        nng_ctx_send(context, waiting);
    }
    void next() {
        check(nng_aio_result(waiting));
        receiving = !receiving;
        if (receiving) {
            nng_ctx_recv(context, waiting);
        } else {
            nng_msg_free(nng_aio_get_msg(waiting));
            done.fetch_add(1, std::memory_order_relaxed);
            send();
        }
    }
};

void serve(const Arguments& arguments) {
    nng_socket socket;
    check(nng_rep0_open(&socket));
    std::vector<std::unique_ptr<Replier>> repliers;
    if (arguments.text("role", "request") == "pipelined") {
        for (int i = 0; i < 1024; ++i) {
            repliers.push_back(std::make_unique<Replier>(socket));
        }
    }
    listen_and_tell(socket);
    for (;;) {
        if (!repliers.empty()) {
            pause();
            continue;
        }
        nng_msg* message;
        check(nng_recvmsg(socket, &message, 0));
        check(nng_sendmsg(socket, message, 0));
    }
}

void drive(const Arguments& arguments) {
    const Duration duration = duration_of(arguments);
    const std::size_t payload = arguments.number("payload", 64);
    if (arguments.text("role", "request") == "request") {
        nng_socket socket;
        check(nng_req0_open(&socket));
        check(nng_dial(socket, url_of(arguments).c_str(), nullptr, 0));
        run_one_in_flight(duration, [&] {
            nng_msg* message;
            check(nng_msg_alloc(&message, payload));
            check(nng_sendmsg(socket, message, 0));
            check(nng_recvmsg(socket, &message, 0));
            nng_msg_free(message);
        }).print();
        return;
    }
    std::vector<std::unique_ptr<Requester>> requesters;
    for (std::size_t c = 0; c < arguments.number("connections", 1); ++c) {
        nng_socket socket;
        check(nng_req0_open(&socket));
        check(nng_dial(socket, url_of(arguments).c_str(), nullptr, 0));
        for (std::size_t i = 0; i < arguments.number("in_flight", 1); ++i) {
            requesters.push_back(std::make_unique<Requester>(socket, payload));
        }
    }
    Stopwatch watch(duration);
    while (watch.goes_on(done)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    watch.print();
    std::fflush(stdout);
    _exit(0);  // with requests in flight
}

void run(const Arguments& arguments) {
    arguments.what() == "server" ? serve(arguments) : drive(arguments);
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    return netaio::bench::run_program(argc, argv, netaio::bench::run);
}

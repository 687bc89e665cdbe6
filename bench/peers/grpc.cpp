// gRPC: `grpc server`, `grpc client role=ROLE port=P server=PID ...`, for the roles request (unary,
// blocking) and pipelined (unary, the callback API). Both ends are gRPC's.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <thread>

#include "arguments.hpp"
#include "echo.grpc.pb.h"
#include "measured.hpp"
#include "ready.hpp"

namespace netaio::bench {
namespace {

using netaio_bench::Content;
using netaio_bench::Echo;

class EchoService final : public Echo::CallbackService {
    grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context, const Content* request,
                                   Content* reply) override {
        reply->set_data(request->data());
        auto* reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

void serve() {
    EchoService service;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    const auto server = builder.BuildAndStart();
    ready(static_cast<std::uint16_t>(port));
    server->Wait();
}

std::atomic<std::uint64_t> done;

// One call after another, for ever.
struct Caller {
    Caller(Echo::Stub& to, const std::string& content) : stub(to) {
        request.set_data(content);
        call();
    }
    void call() {
        context = std::make_unique<grpc::ClientContext>();
        stub.async()->Call(context.get(), &request, &reply, [this](const grpc::Status& status) {
            if (status.ok()) {
                done.fetch_add(1, std::memory_order_relaxed);
                call();
            }
        });
    }

    Echo::Stub& stub;
    std::unique_ptr<grpc::ClientContext> context = nullptr;
    Content request = {};
    Content reply = {};
};

std::unique_ptr<Echo::Stub> connect_to(std::uint16_t port, int number) {
    grpc::ChannelArguments options;
    options.SetInt("netaio.number", number);  // else all would share one connection
    const auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                                   grpc::InsecureChannelCredentials(), options);
    channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(5));
    return Echo::NewStub(channel);
}

void drive(const Arguments& arguments) {
    const Duration duration = duration_of(arguments);
    const std::string content(arguments.number("payload", 64), 'c');
    if (arguments.text("role", "request") == "request") {
        const auto stub = connect_to(arguments.port(), 0);
        Content request;
        Content reply;
        request.set_data(content);
        run_one_in_flight(duration, [&] {
            grpc::ClientContext context;
            if (!stub->Call(&context, request, &reply).ok()) {
                throw std::runtime_error("a call failed");
            }
        }).print();
        return;
    }
    std::vector<std::unique_ptr<Echo::Stub>> stubs;
    std::vector<std::unique_ptr<Caller>> callers;
    for (std::size_t c = 0; c < arguments.number("connections", 1); ++c) {
        stubs.push_back(connect_to(arguments.port(), static_cast<int>(c)));
        for (std::size_t i = 0; i < arguments.number("in_flight", 1); ++i) {
            callers.push_back(std::make_unique<Caller>(*stubs.back(), content));
        }
    }
    Stopwatch watch(duration);
    while (watch.goes_on(done)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    watch.print();
    std::fflush(stdout);
    _exit(0);  // with calls in flight
}

void run(const Arguments& arguments) {
    arguments.what() == "server" ? serve() : drive(arguments);
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    return netaio::bench::run_program(argc, argv, netaio::bench::run);
}

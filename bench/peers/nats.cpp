// The NATS C client, for a request through a running nats-server: `nats server port=P` answers
// requests, `nats client port=P ...` makes them. A message takes two hops, through the server.
#include <nats/nats.h>

#include "arguments.hpp"
#include "measured.hpp"
#include "ready.hpp"

namespace netaio::bench {
namespace {

void check(natsStatus status) {
    if (status != NATS_OK) {
        throw std::runtime_error(natsStatus_GetText(status));
    }
}

natsConnection* connect_to(std::uint16_t port) {
    natsOptions* options;
    natsConnection* connection;
    check(natsOptions_Create(&options));
    check(natsOptions_SetURL(options, ("nats://127.0.0.1:" + std::to_string(port)).c_str()));
    check(natsOptions_SetSendAsap(options, true));
    check(natsConnection_Connect(&connection, options));
    return connection;
}

void serve(const Arguments& arguments) {
    natsSubscription* subscription;
    natsConnection* const connection = connect_to(arguments.port());
    const auto answer = [](natsConnection* to, natsSubscription*, natsMsg* message, void*) {
        natsConnection_Publish(to, natsMsg_GetReply(message), natsMsg_GetData(message),
                               natsMsg_GetDataLength(message));
        natsMsg_Destroy(message);
    };
    check(natsConnection_Subscribe(&subscription, connection, "echo", answer, nullptr));
    check(natsConnection_Flush(connection));
    ready(arguments.port());
    for (;;) {
        pause();
    }
}

void drive(const Arguments& arguments) {
    const std::string content(arguments.number("payload", 64), 'c');
    natsConnection* const connection = connect_to(arguments.port());
    run_one_in_flight(duration_of(arguments), [&] {
        natsMsg* reply;
        check(natsConnection_Request(&reply, connection, "echo", content.data(),
                                     static_cast<int>(content.size()), 2000));
        natsMsg_Destroy(reply);
    }).print();
}

void run(const Arguments& arguments) {
    arguments.what() == "server" ? serve(arguments) : drive(arguments);
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    return netaio::bench::run_program(argc, argv, netaio::bench::run);
}

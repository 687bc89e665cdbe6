// A node: finds others of its kind on the network, greets each, and says who comes and goes. Start
// two, here or on two machines. Ends on SIGINT or SIGTERM.
//   node NAME [INTERFACE [PORT]]     all interfaces and 8888 unless given; lo for this machine
//   alone
#include <cstdlib>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;

std::string name_of(const Peer& peer) {
    const auto data = unpack(peer.data);
    const Value* name = data ? data->find("name") : nullptr;
    return std::string(name ? name->as_str().value_or("somebody") : "somebody");
}

int main(int argc, char** argv) {
    const std::string name = argc > 1 ? argv[1] : "nameless";
    UdpNode node({
        .port = static_cast<std::uint16_t>(argc > 3 ? std::atoi(argv[3]) : 8888),
        .interfaces = argc > 2 ? std::vector<std::string>{argv[2]} : std::vector<std::string>{},
        .auth = hmac_auth({.secret = "test"}),
        .local_peer = Peer{.id = random_id(), .data = *pack(Dict{{"name", name}})},
    });

    node.on({request_uri, "greeting"}, [&] { return "Hello from " + name + "!"; });
    node.set_peer_callbacks({
        .joined =
            [&](const Peer& peer) {
                std::cout << name_of(peer) << " is here" << std::endl;
                const Address where = *peer.addresses.begin();
                // Datagrams may be lost: an error says so when no answer has come in time.
                node.request(
                    where, "greeting", {.timeout = 2s},
                    [](std::error_code error, const OwnedMessage& reply) {
                        // An error that is answered is a reply like others.
                        const bool greets = !error && reply.type() == MessageType::respond_uri;
                        std::cout << (greets ? "" : "no greeting: ")
                                  << (error ? error.message() : reply.content().str()) << std::endl;
                    });
            },
        .left = [](const Peer& peer) { std::cout << name_of(peer) << " has left" << std::endl; },
    });
    node.manage_peers({.advertise_every = 1s, .peer_timeout = 3s});
    try {
        node.run();
    } catch (const Error& problem) {
        std::cerr << "node: " << problem.code().message() << '\n';
        return 1;
    }
}

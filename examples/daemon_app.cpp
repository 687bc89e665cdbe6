// A program that speaks to the network through the daemon netaiod, and two of which talk to each
// other. Ends on SIGINT or SIGTERM.
//   daemon_app NAME             serves `greeting` of NAME until it is stopped
//   daemon_app NAME WHOM        asks app WHOM of this machine, or a node as 10.0.0.2:8888, for its
//                               greeting
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;

awaitable<void> ask(DaemonClient& node, std::string whom) {
    const auto address = Address::parse(whom);
    const Address to = address ? *address : Address::named("app", whom).value();
    co_await node.start(boost::asio::use_awaitable);
    const OwnedMessage reply = co_await node.request(to, "greeting", {.timeout = 2s});
    // An error that is answered is a reply like others.
    if (reply.type() != MessageType::respond_uri) {
        throw std::runtime_error(whom + " answers: " + reply.content().str());
    }
    std::cout << reply.content() << '\n';
}

DaemonClientOptions options_of(std::string app) {
    DaemonClientOptions options{.app = std::move(app)};
    // It goes on trying, whatever fails; these say why it gets nowhere.
    options.keep.on_state = [](ConnectionState state, std::error_code why, unsigned attempt) {
        if (state == ConnectionState::waiting && attempt == 1) {
            std::cerr << "netaiod is not at " << DaemonClient::default_socket() << ": "
                      << why.message() << std::endl;
        }
    };
    options.on_refused = [](const Key&, std::string_view why) {
        std::cerr << "not served yet: " << why << std::endl;
    };
    return options;
}

int main(int argc, char** argv) {
    const std::string name = argc > 1 ? argv[1] : "nameless";
    try {
        DaemonClient node(options_of(name));  // with a port of its own: UdpNode node;
        if (argc > 2) {
            return run(ask(node, argv[2]));
        }
        node.on({request_uri, "greeting"}, [&](const Message& message, const Address& from) {
            std::cout << from.str() << " asks, who is " << message.who().str() << std::endl;
            return "Hello from " + name + "!";
        });
        node.run();
    } catch (const Error& problem) {
        std::cerr << "daemon_app: " << problem.code().message() << '\n';
        return 1;
    } catch (const std::exception& problem) {
        std::cerr << "daemon_app: " << problem.what() << '\n';
        return 1;
    }
}

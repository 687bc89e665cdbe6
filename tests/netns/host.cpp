// One host of the tests with network namespaces: a UdpNode that says on standard output what
// happens to it, and does what standard input says, a line each. It ends with its input.
//   netns_host id=ID [port=N] [interface=NAME] [ipv4=0] [ipv6=0] [advertise=MS] [timeout=MS]
//              [dialect=0.0.8]        advertise=0: peers are not managed
// Secrets are in INTEROP_HMAC, INTEROP_CIPHER, INTEROP_INNER_HMAC, INTEROP_INNER_CIPHER,
// INTEROP_PEERS_HMAC (for peer management), and INTEROP_X25519, a seed in hex. With INTEROP_SESSION
// it offers sessions.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "netns/commands.hpp"
#include "support/layers.hpp"

using namespace netaio;
using std::chrono::milliseconds;
using test::say;
using test::setting;
using test::Settings;

namespace {

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

class Host {
public:
    explicit Host(const Settings& settings)
        : dialect_(test::dialect_named(setting(settings, "dialect", "0.0.9"))),
          inner_(test::inner_layer(dialect_)),
          input_(context_, dup(STDIN_FILENO)),
          node_(context_.get_executor(), options(settings)) {
        if (const std::string seed = from_hex(test::told("INTEROP_X25519")); !seed.empty()) {
            inner_.cipher = x25519_cipher({.seed = seed});
        }
        node_.set_peer_callbacks(test::saying_peers());
        handle();
        const milliseconds every(std::stoi(setting(settings, "advertise", "300")));
        if (every.count() > 0) {
            PeerManagementOptions peers{
                .advertise_every = every,
                .peer_timeout = milliseconds(std::stoi(setting(settings, "timeout", "6000")))};
            if (const std::string secret = test::told("INTEROP_PEERS_HMAC"); !secret.empty()) {
                peers.plugins.auth =
                    hmac_auth({.secret = secret, .hmac_field = "peers", .dialect = dialect_});
            }
            node_.manage_peers(peers);
        }
    }

    void run() {
        boost::asio::co_spawn(context_, work(), [](const std::exception_ptr& failure) {
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
        context_.run();
    }

private:
    UdpNodeOptions options(const Settings& settings) const {
        const Plugins outer = test::node_layer(dialect_);
        UdpNodeOptions options;
        options.port = static_cast<std::uint16_t>(std::stoi(setting(settings, "port", "8888")));
        options.ipv4 = setting(settings, "ipv4", "1") == "1";
        options.ipv6 = setting(settings, "ipv6", "1") == "1";
        if (const std::string name = setting(settings, "interface", ""); !name.empty()) {
            options.interfaces = {name};
        }
        options.auth = outer.auth;
        options.cipher = outer.cipher;
        if (!test::told("INTEROP_SESSION").empty()) {
            options.session.policy = SessionPolicy::offer;
        }
        const std::string seed = from_hex(test::told("INTEROP_X25519"));
        options.local_peer = seed.empty() ? Peer{} : x25519_peer(seed);
        options.local_peer->id = settings.at("id");
        return options;
    }

    // Echoes requests, keeps subscriptions, and tells of all that is pushed.
    void handle() {
        node_.on(MessageType::request_uri, {.auth = inner_.auth, .cipher = inner_.cipher},
                 [](const Message& message) { return respond(message.uri(), message.content()); });
        test::handle(node_, inner_);
    }

    awaitable<void> work() {
        const std::uint16_t port = co_await node_.start();
        say("ready ", port);
        co_await test::read_commands(input_,
                                     [this](const std::string& command, std::istream& words) {
                                         return obey(command, words);
                                     });
        node_.stop();
        say("stopped");
    }

    awaitable<void> obey(const std::string& command, std::istream& words) {
        if (command == "interfaces") {
            for (const InterfaceChoice& one : node_.interfaces()) {
                say("interface ", one.interface.name, one.used ? " used " : " unused ", one.why);
            }
            say("done");
        } else if (command == "counters") {
            const Counters c = node_.counters();
            say("counters in=", c.frames_in, " out=", c.frames_out, " unhandled=", c.unhandled,
                " malformed=", c.rejected_malformed, " auth=", c.rejected_auth,
                " checksum=", c.rejected_checksum, " late=", c.late_answers,
                " send_failures=", c.send_failures, " sessions=", c.sessions);
            say("done");
        } else if (!co_await test::obey(node_, inner_, command, words)) {
            throw std::invalid_argument("no such command: " + command);
        }
    }

    Dialect dialect_;
    Plugins inner_;
    boost::asio::io_context context_{1};
    boost::asio::posix::stream_descriptor input_;
    UdpNode node_;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        Host(test::settings_from(argc, argv)).run();
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
}

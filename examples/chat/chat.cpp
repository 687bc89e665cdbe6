// A chat on the local network: it finds who is there, talks to one person or in a room, and nobody
// but these can read it. docs/chat.md explains it piece by piece.
//   chat NAME ROOM [INTERFACE]     all interfaces unless given; lo for this machine alone
// The room's secret, which all who meet there share, is the first line of a file named ROOM.secret,
// or else asked for by NETAIO_CHAT_SECRET in the environment. Type a line to say it in the room,
// `@NAME text` to tell one person, `/who`, `/quit`.
#include <unistd.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;

// [what people are called]
// What others send may hold anything: shown as it is, it could move the cursor, clear the screen
// or seem to be said by somebody else. How many bytes at the start do so: a control character, or
// one that is not seen, or turns the direction of writing.
std::size_t unshowable(std::string_view text) {
    const auto byte = [text](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    };
    const unsigned first = byte(0), in_three = ((byte(1) & 63) << 6) + (byte(2) & 63);
    if (first < 0x20 || first == 0x7f) return 1;
    if (first == 0xc2 && byte(1) < 0xa0) return 2;                // to U+009F
    const bool hides = (in_three >= 0x0b && in_three <= 0x0f) ||  // U+200B to U+200F
                       (in_three >= 0x28 && in_three <= 0x2e) ||  // U+2028 to U+202E
                       (in_three >= 0x60 && in_three <= 0x6f);    // U+2060 to U+206F
    return first == 0xe2 && hides ? 3 : 0;
}

std::string printable(ByteView bytes) {
    std::string shown;
    for (std::string_view rest = bytes; !rest.empty();) {
        const std::size_t size = unshowable(rest);
        shown += size > 0 ? '?' : rest[0];
        rest.remove_prefix(std::min(std::max<std::size_t>(size, 1), rest.size()));
    }
    return shown;
}

std::string name_of(const Peer& peer) {
    const auto data = unpack(peer.data);
    const Value* name = data ? data->find("name") : nullptr;
    return printable(name ? name->as_str().value_or("somebody") : "somebody");
}

// Peers say their names themselves, so two may say the same. Their keys differ: an id is one.
std::string number_of(const Peer& peer) {
    std::string hex;
    for (const char c : std::string_view(peer.id).substr(0, 4)) {
        static constexpr std::string_view digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        hex += {digits[byte >> 4], digits[byte & 15]};
    }
    return hex;
}
// [end]

// [the chat and its keys]
class Chat {
public:
    Chat(boost::asio::io_context& context, std::string name, std::string room, Secret secret,
         std::vector<std::string> interfaces)
        : room_("room/" + std::move(room)),
          seed_(random_seed()),
          // For the ears of one: whoever has the secret of the room finds people, and no more.
          box_(x25519_cipher({.seed = seed_})),
          // For the ears of the room. HMAC says that a message is from somebody of it, unchanged.
          room_plugins_{.auth = hmac_auth({.secret = secret, .hmac_field = "room"}),
                        .cipher = stream_cipher(
                            {.key = secret, .iv_field = "room_iv", .encrypt_uri = false})},
          node_(context.get_executor(),
                {
                    .interfaces = std::move(interfaces),
                    .auth = hmac_auth({.secret = std::move(secret)}),
                    .local_peer = presented(seed_, name),
                }),
          name_(std::move(name)) {
        hear();
        meet();
    }

    std::error_code start() { return node_.start(); }
    void leave(std::function<void()> left) {
        node_.stop(1s, [left = std::move(left)](std::error_code, StopReport) { left(); });
    }
    // [end]

    // [a line is typed]
    // Whether to go on.
    bool typed(const std::string& line) {
        if (line == "/quit") {
            return false;
        }
        if (line == "/who") {
            for (const auto& [id, peer] : people_) {
                std::cout << "  " << name_of(peer) << " (" << number_of(peer) << ")" << std::endl;
            }
        } else if (line.starts_with('@')) {
            const std::size_t space = line.find(' ');
            tell(line.substr(1, space - 1), space == line.npos ? "" : line.substr(space + 1));
        } else if (!line.empty()) {
            say(line);
        }
        return true;
    }
    // [end]

private:
    static Secret random_seed() {
        std::string seed(32, '\0');
        Environment().random->fill(seed);
        return Secret(seed);
    }

    // [how others know us]
    static Peer presented(const Secret& seed, const std::string& name) {
        Dict data = X25519Cipher({.seed = seed}).peer_data();
        data.set("name", name);
        Peer peer = x25519_peer(seed);
        peer.data = *pack(Value(std::move(data)));
        return peer;
    }
    // [end]

    // [who comes and goes]
    void meet() {
        node_.set_peer_callbacks({
            .joined =
                [this](const Peer& peer) {
                    people_.insert_or_assign(peer.id, peer);
                    std::cout << "* " << name_of(peer) << " (" << number_of(peer) << ") is here"
                              << std::endl;
                },
            .changed = [this](const Peer& peer) { people_.insert_or_assign(peer.id, peer); },
            .left =
                [this](const Peer& peer) {
                    people_.erase(peer.id);
                    std::cout << "* " << name_of(peer) << " has left" << std::endl;
                },
        });
        node_.manage_peers(
            {.app_id = "netaio-tutorial-chat", .advertise_every = 1s, .peer_timeout = 3s});
    }
    // [end]

    // [what is said to us]
    void hear() {
        // To one person: opened by the sender's key alone, so the address says who it was.
        node_.on({create_uri, "message"}, {.cipher = box_},
                 [this](const Message& message, const Address& from) {
                     std::cout << speaker(from) << " to you: " << printable(message.content())
                               << std::endl;
                 });
        // In the room.
        node_.on({notify_uri, room_}, room_plugins_,
                 [this](const Message& message, const Address& from) {
                     std::cout << speaker(from) << ": " << printable(message.content())
                               << std::endl;
                 });
    }

    std::string speaker(const Address& from) const {
        for (const auto& [id, peer] : people_) {
            for (const Address& address : peer.addresses) {
                if (address == from) {
                    return name_of(peer);
                }
            }
        }
        return "somebody";
    }
    // [end]

    // [to one person]
    void tell(const std::string& whom, const std::string& text) {
        for (const auto& [id, peer] : people_) {
            if (name_of(peer) == whom || number_of(peer) == whom) {
                deliver(*peer.addresses.begin(), whom, text, 3);
                return;
            }
        }
        std::cout << "* nobody here is called " << whom << std::endl;
    }

    // Datagrams may be lost: no answer means that it may not have come.
    void deliver(const Address& where, const std::string& whom, const std::string& text,
                 int tries) {
        node_.create(where, "message", text, {.timeout = 1s, .cipher = box_},
                     [=, this](std::error_code error, const OwnedMessage& reply) {
                         if (!error && reply.type() == MessageType::ok) {
                             std::cout << "* " << whom << " has it" << std::endl;
                         } else if (error == Errc::timeout && tries > 1) {
                             deliver(where, whom, text, tries - 1);
                         } else {
                             std::cout << "* " << whom << " did not get it: "
                                       << (error ? error.message() : printable(reply.content()))
                                       << std::endl;
                         }
                     });
    }
    // [end]

    // [in the room]
    void say(const std::string& text) {
        const auto said = OwnedMessage::make(notify_uri, room_, text);
        const std::error_code error =
            said ? node_.broadcast(*said, {.plugins = room_plugins_}) : said.error();
        std::cout << (error ? "* not said: " + error.message() : name_ + ": " + text) << std::endl;
    }
    // [end]

    const std::string room_;
    const Secret seed_;
    std::shared_ptr<const CipherPlugin> box_;
    const Plugins room_plugins_;
    UdpNode node_;
    const std::string name_;
    std::map<std::string, Peer> people_;  // by their ids
};

// [the terminal]
awaitable<void> read_lines(Chat& chat, boost::asio::io_context& context) {
    boost::asio::posix::stream_descriptor input(context, dup(STDIN_FILENO));
    std::string typed;
    for (;;) {
        boost::system::error_code ended;
        const std::size_t size = co_await boost::asio::async_read_until(
            input, boost::asio::dynamic_buffer(typed), '\n',
            boost::asio::redirect_error(boost::asio::use_awaitable, ended));
        if (ended || !chat.typed(typed.substr(0, size - 1))) {
            break;
        }
        typed.erase(0, size);
    }
    chat.leave([&context] { context.stop(); });
}

std::string secret_of(const std::string& room) {
    std::string line;
    if (std::ifstream file(room + ".secret"); std::getline(file, line)) {
        return line;
    }
    const char* set = std::getenv("NETAIO_CHAT_SECRET");
    return set ? set : "";
}

int main(int argc, char** argv) {
    if (argc < 3 || secret_of(argv[2]).empty()) {
        std::cerr << "chat NAME ROOM [INTERFACE]\n"
                     "Put the room's secret into the file ROOM.secret, or NETAIO_CHAT_SECRET.\n";
        return 2;
    }
    boost::asio::io_context context(1);
    Chat chat(context, argv[1], argv[2], Secret(secret_of(argv[2])),
              argc > 3 ? std::vector<std::string>{argv[3]} : std::vector<std::string>{});
    if (const std::error_code error = chat.start()) {
        std::cerr << "chat: " << error.message() << '\n';
        return 1;
    }
    boost::asio::co_spawn(context, read_lines(chat, context), boost::asio::detached);
    context.run();
}
// [end]

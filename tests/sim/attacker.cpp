#include "attacker.hpp"

#include <netaio/frame.hpp>

#include "session_node.hpp"

namespace netaio::sim {

bool Attacker::attack(SessionNode& node, SessionNode& other) {
    const auto& overheard = network_.overheard;
    if (overheard.empty()) {
        return false;
    }
    OpenNetwork::Datagram datagram =
        overheard[dice_.between(0u, static_cast<std::uint32_t>(overheard.size() - 1))];
    if (datagram.to_group) {
        return false;
    }
    const auto last = static_cast<std::uint32_t>(datagram.bytes.size() - 1);
    bool moves = false;
    switch (dice_.between(0u, 7u)) {
        case 0: break;  // again
        case 1: std::swap(datagram.from, datagram.to); break;
        case 2: datagram.bytes.resize(dice_.between(0u, last)); break;
        case 3: {
            char& byte = datagram.bytes[dice_.between(0u, last)];
            byte = static_cast<char>(byte ^ (1 << dice_.between(0u, 7u)));
            break;
        }
        case 4: datagram.to = node.at(); break;
        case 5:
            moves = options_.moves_others;
            datagram.from = !moves ? datagram.from
                            : dice_.chance(0.5)
                                ? other.at()
                                : Address(std::array<std::uint8_t, 4>{10, 0, 2, 1}, 666);
            break;
        case 6:
            std::swap(datagram.from, datagram.to);
            datagram.bytes = answer_to(datagram.bytes);
            break;
        default:
            datagram = {other.at(), node.at(), node.options().outer.auth ? "" : made_up()};
            break;
    }
    network_.bring(datagram);
    return moves;
}

std::string Attacker::made_up() {
    constexpr std::array types{MessageType::request_uri, MessageType::create_uri,
                               MessageType::notify_uri, MessageType::subscribe_uri};
    std::string bytes;
    (void)encode_message(OwnedMessage(types[dice_.between(0u, 3u)], "topic", forged), bytes);
    return bytes;
}

// Nothing where it asks nothing.
std::string Attacker::answer_to(ByteView asked) {
    const auto message = decode_message(asked);
    std::string bytes;
    if (options_.refuses && message && message->request_id()) {
        constexpr std::array types{MessageType::auth_error, MessageType::not_found,
                                   MessageType::respond_uri};
        (void)encode_message(OwnedMessage(types[dice_.between(0u, 2u)], message->uri(), forged),
                             bytes, message->request_id());
    }
    return bytes;
}

}  // namespace netaio::sim

#include "relay.hpp"

/// What comes from the network, and what goes there.
namespace netaio::daemon {

void Relay::open_tcp() {
    if (!options_.tcp) {
        return;
    }
    tcp_ = std::make_unique<TcpServer>(executor_, for_all(*options_.tcp));
    tcp_->set_connect_handler([this](Connection& connection) {
        clients_[connection.id()] = boost::make_local_shared<Client>(
            Client{connection.shared(), Sender(tcp_address(connection.remote()), {})});
        client_numbers_[connection.remote()] = connection.id();
        return true;
    });
    tcp_->set_disconnect_handler(
        [weak = weak_from_this()](Connection& connection, std::error_code) {
            if (const auto self = weak.lock()) {
                self->client_gone(connection);
            }
        });
    tcp_->set_default_handler([this](const Message& message, Connection& connection,
                                     Answer answer) { from_tcp(message, connection, answer); });
}

void Relay::client_gone(const Connection& connection) {
    forget_subscriber(tcp_address(connection.remote()));
    clients_.erase(connection.id());
    speaking_ = nullptr;
    const auto found = client_numbers_.find(connection.remote());
    if (found != client_numbers_.end() && found->second == connection.id()) {
        client_numbers_.erase(found);
    }
}

void Relay::open_udp() {
    if (!options_.udp) {
        return;
    }
    UdpNodeOptions options = for_all(*options_.udp);
    // What goes to the group each app hears by a node of its own.
    options.multicasts = false;
    options.bootstrap = {};
    machine_ = std::make_unique<UdpNode>(executor_, std::move(options));
    machine_->set_default_handler([this](const Message& message, const Address& from,
                                         Answer answer) { from_udp(message, from, answer); });
}

std::shared_ptr<Connection> Relay::client_at(const Address& address) const {
    const auto number = client_numbers_.find(address);
    const auto found =
        number == client_numbers_.end() ? clients_.end() : clients_.find(number->second);
    return found == clients_.end() ? nullptr : found->second->connection;
}

void Relay::from_tcp(const Message& message, Connection& connection, Answer& answer) {
    if (!speaking_ || speaking_->connection.get() != &connection) {
        speaking_ = clients_.at(connection.id());
    }
    const ClientPtr client = speaking_;  // which may go meanwhile
    client->sender.becomes(message.who());
    from_network(message, client->sender, answer);
}

void Relay::from_udp(const Message& message, const Address& address, Answer& answer) {
    datagram_sender_.becomes(udp_machine_address(address), message.who());
    from_network(message, datagram_sender_, answer);
}

// By its key, to the app that serves it; notifications to all that listen for it.
void Relay::from_network(const Message& message, const Sender& from, Answer& answer) {
    if (message.type() == notify_uri) {
        if (!to_listeners(message, from)) {
            others_.drop(Drop::unowned);
        }
        answer(std::optional<OwnedMessage>());
        return;
    }
    const auto app = registry_.find(message.type(), message.uri());
    const ProgramPtr owner = app ? program_of(*app) : nullptr;
    if (owner) {
        to_app(owner, message, from, answer);
        return;
    }
    if (message.type() == request_uri && message.uri() == "netaio/alive") {
        answer("");
        return;
    }
    others_.drop(Drop::unowned);
    decline(message, answer, Refusal::not_found());
}

void Relay::from_udp_to(const ProgramPtr& program, const Message& message, const Address& address,
                        Answer& answer) {
    datagram_sender_.becomes(address.str(), message.who());
    if (program->is_app() && registry_.owns(*program->id, message.type(), message.uri())) {
        to_app(program, message, datagram_sender_, answer);
    } else {
        program->traffic.drop(Drop::not_owner);
        decline(message, answer, Refusal::not_found());
    }
}

void Relay::notified(std::uint64_t number, std::string_view from, const Message& message) {
    if (const ProgramPtr program = program_of(number)) {
        deliver(*program, message, Sender(std::string(from), message.who()));
    }
}

void Relay::to_far_end(const ProgramPtr& program, const FarEnd& far, const Message& message,
                       Answer answer) {
    using enum FarEnd::Kind;
    const auto tell = [&](std::error_code error) {
        if (!error) {
            answer(std::optional<OwnedMessage>());
            return;
        }
        program->traffic.drop(Drop::unreached);
        decline(message, answer, Refusal::error("it was not sent: " + error.message()));
    };
    switch (far.kind) {
        case peers:
        case group:
        case subscribers:
            if (expects_answer(message) && message.request_id()) {
                program->traffic.drop(Drop::malformed);
                answer(Refusal::error("a question goes to one, and not to " + far.str()));
            } else {
                tell(to_many(*program, far, message));
            }
            return;
        case udp:
            to_node(program, program->node ? program->node.get() : machine_.get(), far, message,
                    std::move(answer));
            return;
        case udp_machine: to_node(program, machine_.get(), far, message, std::move(answer)); return;
        case tcp:
        case server: to_server(program, far, message, std::move(answer)); return;
        case machine:
        case app: return;
    }
}

void Relay::to_node(const ProgramPtr& program, UdpNode* node, const FarEnd& far,
                    const Message& message, Answer answer) {
    if (!node) {
        program->traffic.drop(Drop::unreached);
        answer(Refusal::error("netaiod has no UDP: see [udp] of its configuration"));
        return;
    }
    if (!expects_answer(message)) {
        if (node->send(far.address, passed_on(message))) {
            program->traffic.drop(Drop::unreached);
        }
        answer(std::optional<OwnedMessage>());
        return;
    }
    node->exchange(far.address, passed_on(message), {.timeout = options_.answer_timeout},
                   [program, to = far.address, waits = std::make_shared<Answer>(std::move(answer))](
                       boost::system::error_code error, OwnedMessage reply) {
                       from_far_end(*program, to.str(), error, std::move(reply), *waits);
                   });
}

void Relay::to_server(const ProgramPtr& program, const FarEnd& far, const Message& message,
                      Answer answer) {
    if (far.kind == FarEnd::Kind::server && !upstreams_.knows(far.name)) {
        program->traffic.drop(Drop::unreached);
        decline(message, answer, Refusal::error("there is no [servers." + far.name + "]"));
        return;
    }
    const auto client = far.kind == FarEnd::Kind::tcp ? client_at(far.address) : nullptr;
    const Upstreams::Asker asker{program->number(), program->credentials.uid};
    if (!expects_answer(message)) {
        if (client ? client->send(passed_on(message))
                   : upstreams_.tell(asker, far, passed_on(message))) {
            program->traffic.drop(Drop::unreached);
        }
        answer(std::optional<OwnedMessage>());
        return;
    }
    const auto waits = std::make_shared<Answer>(std::move(answer));
    auto done = [program, shown = far.str(), waits](std::error_code error, OwnedMessage reply) {
        from_far_end(*program, shown, error, std::move(reply), *waits);
    };
    if (client) {
        tcp_->exchange(
            *client, passed_on(message), {.timeout = options_.answer_timeout},
            [done = std::move(done)](boost::system::error_code error, OwnedMessage reply) mutable {
                done(error, std::move(reply));
            });
    } else if (const auto refusal = upstreams_.ask(asker, far, passed_on(message),
                                                   options_.answer_timeout, std::move(done))) {
        (*waits)(Refusal::not_permitted(*refusal));
    }
}

void Relay::from_far_end(Program& program, const std::string& from, std::error_code error,
                         OwnedMessage&& reply, Answer& waits) {
    if (error) {
        program.traffic.drop(Drop::unreached);
        fail(waits, error, from);
        return;
    }
    program.traffic.count(Direction::in, reply.uri(), reply.content().size());
    reply.auth().set(far_end_field, origin(from, reply.who()));
    waits(std::move(reply));
}

std::error_code Relay::to_many(Program& program, const FarEnd& far, const Message& message) {
    using enum FarEnd::Kind;
    const OwnedMessage passed = passed_on(message);
    if (far.kind != subscribers) {
        if (!program.node) {
            return Errc::not_connected;
        }
        return far.kind == peers ? program.node->broadcast(passed)
                                 : program.node->multicast(passed);
    }
    const std::string shared = program.shared_key(far.name);
    std::error_code first;
    const auto note = [&](std::error_code error) { first = first ? first : error; };
    if (program.node) {
        note(program.node->notify(far.name, passed));
    }
    if (machine_) {
        note(machine_->notify(shared, passed));
    }
    if (tcp_) {
        note(tcp_->notify(shared, passed));
    }
    OwnedMessage local = passed.own();
    program.sender.field().add_to(local.auth());
    note(local_->notify(shared, local));
    return first;
}

}  // namespace netaio::daemon

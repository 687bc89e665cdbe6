#include "user_code.hpp"

/// What users' code is, and what it can do.
namespace netaio::test {
namespace {

using boost::system::error_code;

std::optional<OwnedMessage> reply_to(const Message& message, const std::string& content) {
    return respond(message.uri(), content);
}

}  // namespace

bool World::exists(Subject subject, Spot spot, Stage from) {
    if (from == Stage::acquainted) {
        // Others are called later as it is, or never again.
        return spot == Spot::auth_make || spot == Spot::auth_check ||
               spot == Spot::cipher_encrypt || spot == Spot::cipher_decrypt ||
               spot == Spot::key_extractor || spot == Spot::log_sink;
    }
    if (from == Stage::ending) {
        // Who goes says so to its peers.
        return spot == Spot::log_sink
                   ? subject != Subject::node
                   : subject != Subject::server &&
                         (spot == Spot::auth_make || spot == Spot::cipher_encrypt ||
                          spot == Spot::peer_pack);
    }
    switch (spot) {
        case Spot::default_handler: return subject != Subject::client;
        case Spot::disconnect_handler:
        case Spot::timeout_handler:
        case Spot::timeout_coroutine_begins:
        case Spot::timeout_coroutine_resumed:
        case Spot::state_connecting:
        case Spot::state_connected:
        case Spot::state_waiting:
        case Spot::connect_completion:
        case Spot::receive_completion: return subject == Subject::client;
        case Spot::request_completion: return subject != Subject::server;
        case Spot::start_completion: return subject == Subject::node;
        case Spot::log_sink_at_start:
        case Spot::stop_completion: return subject == Subject::server;
        default: return true;
    }
}

bool World::replaceable(Subject subject, Spot spot) {
    switch (spot) {
        case Spot::handler:
        case Spot::once_handler:
        case Spot::coroutine_begins:
        case Spot::coroutine_resumed:
        case Spot::disconnect_handler:
        case Spot::timeout_handler:
        case Spot::timeout_coroutine_begins:
        case Spot::timeout_coroutine_resumed:
        case Spot::state_connecting:
        case Spot::state_connected:
        case Spot::state_waiting:
        case Spot::peer_joined:
        case Spot::peer_changed:
        case Spot::peer_left: return true;
        // A server that was started refuses.
        case Spot::default_handler:
        case Spot::auth_error_handler: return subject != Subject::server;
        default: return false;
    }
}

// Each keeps a copy of something, whose end under its feet the sanitizer sees.
template <class Node>
void World::install_in(Node& node, Spot spot, bool there) {
    const Key plain(
        subject_ == Subject::client ? MessageType::notify_uri : MessageType::request_uri, "plain");
    const auto key = [&](std::string_view uri) { return Key(plain.type, uri); };
    switch (spot) {
        case Spot::handler:
            if (there) {
                node.on(plain, [this, own = captured_](const Message& message) {
                    told_of(message, Spot::handler);
                    return reply_to(message, own);
                });
            } else {
                node.remove_handler(plain);
            }
            break;
        case Spot::once_handler:
            if (there) {
                node.once(key("once"), [this, own = captured_](const Message& message) {
                    told_of(message, Spot::once_handler);
                    return reply_to(message, own);
                });
            } else {
                node.remove_ephemeral_handler(key("once"));
            }
            break;
        case Spot::coroutine_begins:
        case Spot::coroutine_resumed:
            if (there) {
                node.on(key("slow"),
                        [this, own = captured_](
                            const Message& message) -> awaitable<std::optional<OwnedMessage>> {
                            told_of(message, Spot::coroutine_begins);
                            co_await pause(std::chrono::milliseconds(1));
                            told_of(message, Spot::coroutine_resumed);
                            co_return reply_to(message, own);
                        });
            } else {
                node.remove_handler(key("slow"));
            }
            break;
        case Spot::default_handler:
            if constexpr (requires { node.set_default_handler([] {}); }) {
                node.set_default_handler([this, own = captured_, there](const Message& message) {
                    if (there) {
                        told_of(message, Spot::default_handler);
                    }
                    return reply_to(message, own);
                });
            }
            break;
        case Spot::auth_error_handler:
            node.set_auth_error_handler({});
            if (there) {
                node.set_auth_error_handler(
                    [this, own = captured_](const AuthPlugin&,
                                            const Message& message) -> std::optional<OwnedMessage> {
                        told_of(message, Spot::auth_error_handler);
                        return reply_to(message, own);
                    });
            }
            break;
        case Spot::peer_joined:
        case Spot::peer_changed:
        case Spot::peer_left: {
            const auto tell = [this](Spot where) {
                return [this, where, own = captured_](const Peer& peer) {
                    const std::string id = peer.id;
                    told(where);
                    if (peer.id != id || own.size() != captured_.size()) {
                        faults_.push_back("a peer changed while it was told of");
                    }
                };
            };
            node.set_peer_callbacks(there ? PeerCallbacks{.joined = tell(Spot::peer_joined),
                                                          .changed = tell(Spot::peer_changed),
                                                          .left = tell(Spot::peer_left)}
                                          : PeerCallbacks());
            break;
        }
        default: break;
    }
}

void World::install_in_client(Spot spot, bool there) {
    switch (spot) {
        case Spot::disconnect_handler:
            client_->set_disconnect_handler({});
            if (there) {
                client_->set_disconnect_handler(
                    [this, own = captured_](const Address&, error_code) {
                        told(Spot::disconnect_handler);
                        keep(own);
                    });
            }
            break;
        case Spot::timeout_handler:
            client_->set_timeout_handler(std::function<void(const TimeoutContext&)>());
            if (there) {
                client_->set_timeout_handler(
                    [this, own = captured_](const TimeoutContext& context) {
                        const std::string uri = context.uri;
                        told(Spot::timeout_handler);
                        keep(own);
                        keep(context.uri);
                    });
            }
            break;
        case Spot::timeout_coroutine_begins:
        case Spot::timeout_coroutine_resumed:
            client_->set_timeout_handler(std::function<void(const TimeoutContext&)>());
            if (there) {
                client_->set_timeout_handler(
                    [this, own = captured_](TimeoutContext context) -> awaitable<void> {
                        told(Spot::timeout_coroutine_begins);
                        co_await pause(std::chrono::milliseconds(1));
                        told(Spot::timeout_coroutine_resumed);
                        keep(own);
                        keep(context.uri);
                    });
            }
            break;
        case Spot::state_connecting:
        case Spot::state_connected:
        case Spot::state_waiting:
            client_->stop_keeping();
            if (there) {
                client_->keep_connected(
                    "127.0.0.1", port_,
                    {.on_state =
                         [this, own = captured_](ConnectionState state, std::error_code, unsigned) {
                             told(state == ConnectionState::connecting  ? Spot::state_connecting
                                  : state == ConnectionState::connected ? Spot::state_connected
                                                                        : Spot::state_waiting);
                             keep(own);
                         },
                     .backoff = {.delay = std::chrono::milliseconds(1)},
                     .requests = Meanwhile::fail});
            }
            break;
        default: install_in(*client_, spot, there);
    }
}

void World::install(Spot spot, bool there) {
    if (subject_ == Subject::client && client_) {
        install_in_client(spot, there);
    } else if (subject_ == Subject::server && server_) {
        install_in(*server_, spot, there);
    } else if (subject_ == Subject::node && node_) {
        install_in(*node_, spot, there);
    }
}

// Of two that exclude each other the one that is looked at.
void World::install_all() {
    for (const Spot spot : {Spot::handler, Spot::once_handler, Spot::coroutine_begins,
                            Spot::default_handler, Spot::auth_error_handler, Spot::peer_joined,
                            Spot::disconnect_handler, Spot::timeout_handler}) {
        if (!(spot == Spot::auth_error_handler && spot_ == Spot::auth_error)) {
            install(spot, true);
        }
    }
    if (spot_ == Spot::timeout_coroutine_begins || spot_ == Spot::timeout_coroutine_resumed) {
        install(spot_, true);
    }
    const auto echo = [](const Message& message) { return reply_to(message, "alive"); };
    const Key alive(MessageType::request_uri, "alive");
    if (server_) {
        server_->on(alive, echo);
    }
    if (node_) {
        node_->on(alive, echo);
    }
}

void World::install_counterpart(TcpServer& server) {
    for (const char* uri : {"plain", "slow", "once"}) {
        server.on({MessageType::request_uri, uri},
                  [](const Message& message) { return reply_to(message, "server's"); });
    }
    server.on({MessageType::request_uri, "never"}, [] {});
    server.on({MessageType::request_uri, "hang up"},
              [](const Message&, Connection& from) { from.close(); });
    server.on({MessageType::request_uri, "push"}, [](const Message& message, Connection& from) {
        for (const char* uri : {"plain", "slow", "once", "plain"}) {
            (void)from.send(notify(uri, "pushed"));
        }
        return reply_to(message, "after");
    });
    server.on({MessageType::request_uri, "push unsigned"},
              [](const Message& message, Connection& from) {
                  (void)from.send(notify("plain", "unsigned"), {.use_auth = false});
                  return reply_to(message, "after");
              });
}

void World::destroy() {
    switch (subject_) {
        case Subject::server: server_.reset(); break;
        case Subject::client: client_.reset(); break;
        case Subject::node: node_.reset(); break;
    }
}

void World::run_loop() {
    context_.run_for(std::chrono::milliseconds(2));
}

void World::begin_operations() {
    const OwnedMessage message = notify("plain", "begun");
    if (subject_ == Subject::server && server_) {
        (void)server_->broadcast(message);
        (void)server_->notify("key", message);
        (void)server_->endpoints();
        (void)server_->counters();
        (void)server_->peers();
    } else if (subject_ == Subject::client && client_) {
        ask("plain");
        (void)client_->send(request("plain"));
        receive();
        client_->start_receive_loop();
        (void)client_->peers();
        connect();
    } else if (subject_ == Subject::node && node_) {
        (void)node_->broadcast(message);
        if (other_->port() != 0) {
            const Address other = address_of(*other_);
            ask_node(node_.get(), other_.get(), "plain");
            (void)node_->send(other, message);
            (void)node_->subscribe("key", other);
            (void)node_->notify("key", message);
            (void)node_->introduce(other);
            (void)node_->keep_introduced(other);
            (void)node_->publish("key", "present");
        }
        (void)node_->peers();
    }
}

void World::end_gently() {
    if (subject_ == Subject::server) {
        stop_server();
    } else if (subject_ == Subject::client && client_) {
        client_->close_all();
    } else if (subject_ == Subject::node && node_) {
        stopped_ = true;
        node_->stop();
    }
}

}  // namespace netaio::test

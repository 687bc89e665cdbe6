#include "datagram_node.hpp"

/// How nodes tell each other of peers (PeerExchange).
namespace netaio::core {
namespace {

constexpr std::chrono::seconds answer_within(5);

}  // namespace

// As it is managed just now; null where peers of that app id are not exchanged.
PeerExchange* DatagramNode::exchange_of(ByteView app_id) {
    const auto options = peer_manager_.managed(app_id);
    auto found = exchanging_.find(app_id);
    if (found != exchanging_.end() && found->second.options == options) {
        return &found->second.exchange;
    }
    if (found != exchanging_.end()) {
        exchanging_.erase(found);
    }
    return options && options->exchange_max > 0
               ? &exchanging_.try_emplace(options->app_id, options).first->second.exchange
               : nullptr;
}

void DatagramNode::exchange_due() {
    for (auto at = exchanging_.begin(); at != exchanging_.end();) {
        const std::string app_id = at->first;  // plugins are users' code
        if (PeerExchange* const exchange = exchange_of(app_id)) {
            const auto options = exchanging_.find(app_id)->second.options;
            attempt(node_->environment.log, "peers are not exchanged",
                    [&] { exchange_due(*options, *exchange); });
        }
        at = exchanging_.upper_bound(app_id);
    }
}

void DatagramNode::exchange_due(const PeerManagementOptions& options, PeerExchange& exchange) {
    Random& random = *node_->environment.random;
    const auto asked = exchange.ask(now(), random);
    const auto introduced = exchange.introduce(now(), bounds_.backoff, random);
    if (asked) {
        ask_for_peers(options, *asked);
    }
    if (introduced.empty()) {
        return;
    }
    const auto message = peer_manager_.message(MessageType::advertise_peer, options);
    for (const Address& to : introduced) {
        const auto error = message ? send_to({to, node_->peer_at(to)}, way_of_discovery(to),
                                             *message, options.plugins, *dispatcher_.outer())
                                   : make_error_code(Errc::not_encodable);
        if (error && error != Errc::pending) {
            node_->log(LogLevel::debug, "not introduced: " + error.message(), to);
        }
    }
}

void DatagramNode::ask_for_peers(const PeerManagementOptions& options, const Address& at) {
    auto question =
        OwnedMessage::make(MessageType::request_uri, peers_uri(options.app_id), peers_question());
    const auto id =
        question
            ? request(at, *question, options.plugins, answer_within,
                      [this, app_id = options.app_id, at](std::error_code, const Message* answer) {
                          if (answer) {
                              told_of_peers(app_id, at, *answer);
                          }
                      })
            : Result<RequestTable::Id>(question.error());
    if (!id) {
        node_->log(LogLevel::debug, "not asked for peers: " + id.error().message(), at);
    }
}

void DatagramNode::told_of_peers(const std::string& app_id, const Address& by,
                                 const Message& answer) {
    PeerExchange* const exchange = exchange_of(app_id);
    if (!exchange) {
        return;
    }
    if (answer.type() != MessageType::respond_uri) {
        exchange->tells_nothing(by);
        return;
    }
    const auto is_new = [&](const Address& at) {
        return !(is_own_ && is_own_(at)) && !node_->peer_at(at);
    };
    if (!answer.who().empty() && exchange->told(by, answer.content(), now(), is_new)) {
        wake_();
    }
}

}  // namespace netaio::core

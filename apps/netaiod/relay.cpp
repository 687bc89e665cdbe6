#include "relay.hpp"

#include <boost/asio/use_awaitable.hpp>

#include "node_port.hpp"

namespace netaio::daemon {
namespace {

// Why a message did not come to a program.
Drop cause_of(std::error_code error) noexcept {
    return error == Errc::queue_full ? Drop::queue : Drop::unreached;
}

}  // namespace

Relay::Relay(boost::asio::any_io_executor executor, RelayOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      began_(options_.environment.clock->steady_now()),
      allowances_(options_.quota),
      watchers_([this](WatcherId watcher) {
          boost::asio::post(executor_, [weak = weak_from_this(), watcher] {
              if (const auto self = weak.lock()) {
                  self->send_watched(watcher);
              }
          });
      }),
      upstreams_(executor_, options_,
                 {.notified = [this](std::uint64_t program, std::string_view from,
                                     const Message& message) { notified(program, from, message); },
                  .subscribes =
                      [this](std::uint64_t program, std::size_t bytes) {
                          const ProgramPtr asks = program_of(program);
                          return asks ? asks->allowance->try_register(bytes) : std::nullopt;
                      },
                  .unsubscribed =
                      [this](std::uint64_t program, std::size_t bytes) {
                          if (const ProgramPtr asked = program_of(program)) {
                              asked->allowance->unregister(bytes);
                          }
                      },
                  .lost =
                      [this](std::uint64_t program, std::string_view from, ByteView uri) {
                          if (const ProgramPtr there = program_of(program)) {
                              tell_of_lost(there, from, uri);
                          }
                      }}),
      tidying_(executor_) {
    for (unsigned type = 0; type < answers_.size(); ++type) {
        const auto asked = static_cast<MessageType>(type);
        if (options_.types.contains(asked)) {
            answers_.set(static_cast<std::size_t>(options_.types.answer_to(asked)));
        }
    }
}

// What was asked may end later, and keeps its program till then: that has nothing of this any more.
// Connections end after their servers have, and then tell nobody any more.
Relay::~Relay() {
    for (const auto& [number, program] : programs_) {
        program->pause.reset();
        program->node.reset();
        program->allowance.reset();
    }
    programs_.clear();
    apps_.clear();
    leaving_.clear();
    local_.reset();
    tcp_.reset();
    machine_.reset();
}

std::error_code Relay::start() {
    const auto begin = [this](auto& service, std::string_view what) {
        const std::error_code error = service.start();
        if (error) {
            log(LogLevel::error, "cannot listen " + std::string(what) + ": " + error.message());
        }
        return error;
    };
    tell_of_key();
    open_socket();
    open_tcp();
    open_udp();
    std::error_code error;
    if (tcp_) {
        error = begin(*tcp_, "for clients");
    }
    if (!error && machine_) {
        error = begin(*machine_, "for nodes");
    }
    if (!error && machine_) {
        tell_of_udp();
    }
    if (!error) {
        error = begin(*local_, "at " + options_.socket.str());
    }
    if (error) {
        local_.reset();
        tcp_.reset();
        machine_.reset();
    } else {
        tidy_later();
    }
    return error;
}

// By which others know it, over TCP and UDP.
void Relay::tell_of_key() const {
    std::string key = options_.tcp ? app::own_key_text(options_.tcp->session) : "";
    if (key.empty() && options_.udp) {
        key = app::own_key_text(options_.udp->session);
    }
    if (!key.empty()) {
        log(LogLevel::info, key);
    }
}

// A server says by itself where it listens.
void Relay::tell_of_udp() const {
    for (const Address& at : machine_->endpoints()) {
        log(LogLevel::info, "udp:" + at.str() + ": listening");
    }
    const std::string other_port = app::other_port_text(options_.udp->port, machine_->endpoints());
    if (!other_port.empty()) {
        log(LogLevel::warning, "udp: " + other_port);
    }
    std::string used;
    for (const InterfaceChoice& choice : machine_->interfaces()) {
        if (choice.used) {
            used += (used.empty() ? "" : ", ") + choice.interface.name;
        }
    }
    if (used.empty()) {
        log(LogLevel::warning,
            "udp: there is no interface to find peers on; netaio interfaces says why");
    } else {
        log(LogLevel::info, "udp: peers are found on " + used);
    }
}

awaitable<void> Relay::stop(std::chrono::milliseconds deadline) {
    const auto self = shared_from_this();
    stopping_ = true;
    tidying_.cancel();
    const auto end = options_.environment.clock->steady_now() + deadline;
    const auto left = [&] {
        const auto now = options_.environment.clock->steady_now();
        return std::chrono::ceil<std::chrono::milliseconds>(std::max(end, now) - now);
    };
    if (tcp_) {
        co_await tcp_->stop(left(), boost::asio::use_awaitable);
    }
    // Programs go meanwhile, and get no more nodes.
    std::vector<std::shared_ptr<UdpNode>> nodes;
    for (const auto& [number, program] : programs_) {
        if (program->node) {
            nodes.push_back(program->node);
        }
    }
    for (const auto& node : nodes) {
        co_await node->stop(left(), boost::asio::use_awaitable);
    }
    if (machine_) {
        co_await machine_->stop(left(), boost::asio::use_awaitable);
    }
    if (local_) {
        co_await local_->stop(left(), boost::asio::use_awaitable);
    }
}

DaemonStatus Relay::status() const {
    DaemonStatus told;
    told.uptime = options_.environment.clock->steady_now() - began_;
    told.others.add(others_);
    std::map<std::string, Peer> peers;
    for (const auto& [number, program] : programs_) {
        if (!program->is_app()) {
            continue;
        }
        AppStatus app{registry_.app(*program->id), registry_.keys(*program->id)};
        app.queued_bytes = program->connection->queued_bytes();
        app.paused = program->paused;
        app.traffic = &program->traffic;
        if (program->node) {
            for (Peer& peer : program->node->peers()) {
                ++app.peers;
                peers.try_emplace(peer.id, std::move(peer));
            }
        }
        told.apps.push_back(std::move(app));
    }
    for (auto& [id, peer] : peers) {
        told.peers.push_back(std::move(peer));
    }
    told.clients = clients_.size();
    for (const auto& [number, client] : clients_) {
        told.clients_in_sessions += client->sender.who().name("session") ? 1 : 0;
    }
    return told;
}

std::vector<Address> Relay::tcp_endpoints() const {
    return tcp_ ? tcp_->endpoints() : std::vector<Address>();
}

std::uint16_t Relay::udp_port() const {
    return machine_ ? machine_->port() : 0;
}

void Relay::tell_watchers(const Program* program, Direction direction, const Message& message,
                          const Identities& who, std::string_view far_end) {
    watchers_.tell({who, program ? std::string_view(program->name) : std::string_view(), direction,
                    options_.types.name(message.type()), message.uri(), message.content().size(),
                    far_end});
}

// If somebody waits for what comes of it.
void Relay::decline(const Message& message, Answer& answer, const Refusal& why) {
    if (expects_answer(message)) {
        answer(why);
    } else {
        answer(std::optional<OwnedMessage>());
    }
}

void Relay::fail(Answer& answer, std::error_code error, std::string_view whom) {
    answer(
        Refusal::error(error == Errc::timeout
                           ? "no answer came from " + std::string(whom) + " in time"
                           : "no answer comes from " + std::string(whom) + ": " + error.message()));
}

void Relay::to_app(const ProgramPtr& program, const Message& message, const Sender& from,
                   Answer& answer) {
    if (is_own(message) || (!expects_answer(message) && !message.request_id())) {
        deliver(*program, message, from);
        answer(std::optional<OwnedMessage>());
        return;
    }
    const std::error_code error = has_room(*program)
                                      ? local_->pass_on(message, *program->connection, from.field(),
                                                        options_.answer_timeout, answer)
                                      : make_error_code(Errc::queue_full);
    if (error) {
        program->traffic.drop(cause_of(error));
        fail(answer, error, program->name);
        return;
    }
    came(*program, message, from);
    if (message.type() == subscribe_uri) {
        note_subscribing(*program, from.address());
    }
}

// To all that listen for it, who sent it among them; whether anybody does.
bool Relay::to_listeners(const Message& message, const Sender& from) {
    // Who is told may go by that.
    std::vector<ProgramPtr> listening;
    for (const auto& [number, program] : programs_) {
        if (program->is_app() && registry_.owns(*program->id, notify_uri, message.uri())) {
            listening.push_back(program);
        }
    }
    for (const ProgramPtr& program : listening) {
        deliver(*program, message, from);
    }
    return !listening.empty();
}

// What nobody waits for. What the daemon tells, nobody else may seem to.
void Relay::deliver(Program& program, const Message& message, const Sender& from) {
    if (is_own(message)) {
        program.traffic.drop(Drop::malformed);
        return;
    }
    OwnedMessage passed = passed_on(message);
    from.field().add_to(passed.auth());
    if (!push(program, std::move(passed))) {
        came(program, message, from);
    }
}

void Relay::came(Program& program, const Message& message, const Sender& from) {
    program.traffic.count(Direction::in, message.uri(), message.content().size());
    seen(&program, Direction::in, message, from.who(), from.address());
}

// Whether more may wait for it, by its own quota and its user's.
bool Relay::has_room(const Program& program) const {
    const Quota& quota = options_.quota;
    const std::size_t waits = program.connection->queued_bytes();
    if (waits > quota.app.queued_bytes) {
        return false;
    }
    if (waits <= quota.user.queued_bytes / std::max<std::size_t>(quota.connections, 1)) {
        return true;
    }
    std::size_t of_user = 0;
    for (const auto& [number, each] : programs_) {
        const bool is_his = each->credentials.uid == program.credentials.uid;
        of_user += is_his ? each->connection->queued_bytes() : 0;
    }
    return of_user <= quota.user.queued_bytes;
}

std::error_code Relay::push(Program& program, OwnedMessage message) {
    const std::error_code error =
        has_room(program) ? program.connection->send(message) : make_error_code(Errc::queue_full);
    if (error) {
        program.traffic.drop(cause_of(error));
    }
    return error;
}

}  // namespace netaio::daemon

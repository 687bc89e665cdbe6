#include <unistd.h>

#include <algorithm>

#include "relay.hpp"

/// How programs come and go, and what they send.
namespace netaio::daemon {
namespace {

// Less would take a timer for almost each message; after more, others wait for what then comes at
// once.
constexpr std::chrono::microseconds pause_min{500};

// Of a message, as far as it counts for its sender.
std::size_t sent_size(const Message& message) {
    std::size_t size = message.body().encoded().size();
    message.auth().for_each(
        [&](std::string_view name, ByteView packed) { size += name.size() + packed.size(); });
    return size;
}

}  // namespace

std::uint32_t own_user() noexcept {
    return static_cast<std::uint32_t>(::geteuid());
}

void Relay::open_socket() {
    auto options = for_all(TcpServerOptions());
    options.interfaces = {};
    options.endpoints = {options_.socket};
    options.unix_socket = options_.unix_socket;
    options.half_close = false;
    options.idle_timeout = never;
    options.send_queue_max = options_.quota.app.queued_bytes;
    options.slow_receiver = SlowReceiver::drop_newest;
    local_ = std::make_unique<TcpServer>(executor_, std::move(options));
    local_->set_connect_handler([this](Connection& connection) { return admit(connection); });
    local_->set_disconnect_handler(
        [weak = weak_from_this()](Connection& connection, std::error_code) {
            if (const auto self = weak.lock()) {
                self->gone(connection);
            }
        });
    local_->set_default_handler(
        [this](const Message& message, Connection& connection, Answer answer) {
            from_program(message, connection, std::move(answer));
        });
}

// Where the system does not tell who it is, the socket's folder says who may.
bool Relay::may_connect(const Connection& connection) const {
    const auto whose = connection.credentials();
    return !whose || options_.users.allow(*whose);
}

bool Relay::admit(Connection& connection) {
    const Credentials whose = connection.credentials().value_or(Credentials{own_user()});
    if (!may_connect(connection)) {
        log(LogLevel::warning, "refused a program of user " + std::to_string(whose.uid) +
                                   ", who is not among the users that may connect");
        return false;
    }
    auto admission = allowances_.try_connect(whose.uid);
    if (!admission.allowance) {
        log(LogLevel::warning,
            "refused a program of user " + std::to_string(whose.uid) + ": " + admission.refusal);
        return false;
    }
    programs_.emplace(connection.id(),
                      boost::make_local_shared<Program>(connection.shared(), whose,
                                                        std::move(admission.allowance)));
    return true;
}

void Relay::gone(Connection& connection) {
    const auto found = programs_.find(connection.id());
    if (found == programs_.end()) {
        return;
    }
    const ProgramPtr program = found->second;
    for (const auto& [which, order] : std::exchange(program->subscribers, {})) {
        change_service(*program, which, false);
    }
    programs_.erase(found);
    others_.add(program->traffic);
    watchers_.remove(program->number());
    program->pause.reset();
    upstreams_.gone(program->number());
    if (!program->is_app()) {
        program->allowance.reset();
        return;
    }
    registry_.app_gone(*program->id);
    apps_[static_cast<std::size_t>(*program->id)] = nullptr;
    app_gone(program->name);
    close_node(*program);
    program->allowance.reset();
    log(LogLevel::info, "app " + program->name + " has gone");
}

// It is kept until it has said that its peer leaves: one of each program, and of a user no more
// than he may have connections.
void Relay::close_node(Program& program) {
    const std::shared_ptr<UdpNode> node = std::move(program.node);
    if (!node) {
        return;
    }
    std::erase_if(program.subscribers, [&](const auto& each) {
        const bool at_it = FarEnd::parse(each.first.who)->kind == FarEnd::Kind::udp;
        if (at_it) {
            program.allowance->unregister(each.first.size());
        }
        return at_it;
    });
    if (program.left.lock()) {
        return;
    }
    const bool is_gone = !programs_.contains(program.number());
    leaving_[node] = is_gone ? std::move(program.allowance) : nullptr;
    program.left = node;
    node->stop(std::chrono::seconds(1), [weak = weak_from_this(), left = program.left](
                                            boost::system::error_code, StopReport) {
        const auto self = weak.lock();
        if (const auto ended = left.lock(); self && ended) {
            self->leaving_.erase(ended);
        }
    });
}

Relay::ProgramPtr Relay::program_of(std::uint64_t number) const {
    const auto found = programs_.find(number);
    return found == programs_.end() ? nullptr : found->second;
}

Relay::ProgramPtr Relay::program_of(AppId app) const {
    return apps_[static_cast<std::size_t>(app)];
}

// Reads no more from who sent above its rate until that is made up for.
void Relay::hold_to_rate(const ProgramPtr& program, std::size_t bytes) {
    const auto pause = program->allowance->take(options_.environment.clock->steady_now(), 1, bytes);
    if (pause <= Allowance::Duration::zero() || program->paused) {
        return;
    }
    program->paused = true;
    program->connection->pause();
    if (!program->pause) {
        program->pause = std::make_unique<Timer>(executor_);
    }
    program->pause->expires_after(std::max<Allowance::Duration>(pause, pause_min));
    program->pause->async_wait(
        [weak = weak_from_this(), number = program->number()](boost::system::error_code error) {
            const auto self = weak.lock();
            if (const ProgramPtr waits = self && !error ? self->program_of(number) : nullptr) {
                waits->paused = false;
                waits->connection->read_on();
            }
        });
}

// What the rules say of it, by its user and its name.
bool Relay::permitted(Program& program, const Message& message) {
    if (!options_.local_rules) {
        return true;
    }
    constexpr std::size_t kept_max = 1024;
    constexpr std::size_t uri_size_max = 256;
    if (message.uri().size() > uri_size_max) {
        return options_.local_rules->decide(program.sender.who(), message.type(), message.uri())
            .allowed();
    }
    std::pair key(message.type(), message.uri().str());
    if (const auto found = program.permitted.find(key); found != program.permitted.end()) {
        return found->second;
    }
    const bool may =
        options_.local_rules->decide(program.sender.who(), message.type(), message.uri()).allowed();
    if (program.permitted.size() >= kept_max) {
        program.permitted.clear();
    }
    program.permitted.emplace(std::move(key), may);
    return may;
}

// What answers is no question of theirs: as one it would seem to answer for another program. Nor is
// what nodes tell each other of peers and of their ends.
bool Relay::programs_may_say(MessageType type) const noexcept {
    const bool asks = type == notify_uri || expects_answer(type);
    return asks && !answers_[static_cast<std::size_t>(type)];
}

// What is known by a name is a socket of this machine, to which the daemon is its user, and may be
// the daemon itself: a client that is connected may have one, but a program makes no connection.
std::optional<Refusal> Relay::refuse_far_end(const Program& program, const FarEnd& far) const {
    const bool is_tcp = far.kind == FarEnd::Kind::tcp;
    if ((!is_tcp && !far.is_node()) || (is_tcp && client_at(far.address))) {
        return std::nullopt;
    }
    if (far.address.is_named()) {
        return Refusal::not_permitted(
            "netaiod connects to no socket that a program names: an administrator names it in "
            "[servers]");
    }
    if (options_.any_address) {
        return std::nullopt;
    }
    const auto peers = program.node ? program.node->peers() : std::vector<Peer>();
    const bool is_peer =
        far.is_node() && std::ranges::any_of(peers, [&](const Peer& peer) {
            return std::ranges::find(peer.addresses, far.address) != peer.addresses.end();
        });
    return is_peer ? std::nullopt
                   : std::optional(Refusal::not_permitted(
                         "local.any_address of netaiod is false: this reaches servers of "
                         "[servers], its peers, and connected clients only"));
}

void Relay::from_program(const Message& message, Connection& connection, Answer answer) {
    const ProgramPtr program = program_of(connection.id());
    if (!program) {
        return;
    }
    hold_to_rate(program, sent_size(message));
    const bool has_field = message.auth().contains(far_end_field);
    const auto said = message.auth().bytes(far_end_field);
    const auto field = said.value_or(ByteView());
    const auto far = has_field && !said ? Result<FarEnd>(Errc::malformed) : FarEnd::parse(field);
    if (const auto refused = refuse(*program, far, message)) {
        program->traffic.drop(refused->cause);
        answer(refused->why);
        return;
    }
    if (is_for_daemon(program, *far, message, answer)) {
        return;
    }
    if (!program->is_app()) {
        answer(not_an_app());
        return;
    }
    if (!programs_may_say(message.type())) {
        program->traffic.drop(Drop::malformed);
        decline(message, answer, Refusal::not_permitted("an answer goes where its id says"));
        return;
    }
    program->traffic.count(Direction::out, message.uri(), message.content().size());
    seen(program.get(), Direction::out, message, program->sender.who(), field);
    if (far->kind == FarEnd::Kind::machine || far->kind == FarEnd::Kind::app) {
        to_machine(program, *far, message, std::move(answer));
    } else {
        to_far_end(program, *far, message, std::move(answer));
    }
}

// What it may not say at all, whomever to.
std::optional<Relay::Refused> Relay::refuse(Program& program, const Result<FarEnd>& far,
                                            const Message& message) {
    if (!far) {
        return Refused{Drop::malformed, Refusal::error("the field @ does not say where to")};
    }
    if (!permitted(program, message)) {
        return Refused{Drop::rules, Refusal::not_permitted()};
    }
    if (auto why = refuse_far_end(program, *far)) {
        return Refused{Drop::rules, std::move(*why)};
    }
    if (is_own(message)) {
        return Refused{Drop::malformed,
                       Refusal::not_permitted("news of uris below netaiod/ are the daemon's own")};
    }
    return std::nullopt;
}

// Whether it was, and so is answered.
bool Relay::is_for_daemon(const ProgramPtr& program, const FarEnd& far, const Message& message,
                          Answer& answer) {
    if (far.kind != FarEnd::Kind::machine) {
        return false;
    }
    if (message.uri().starts_with("netaiod/")) {
        control(program, message, answer);
        return true;
    }
    if (message.uri() == "netaio/alive") {
        answer("");
        return true;
    }
    return false;
}

void Relay::to_machine(const ProgramPtr& program, const FarEnd& far, const Message& message,
                       Answer answer) {
    const Sender& from = program->sender;
    const bool by_key = far.kind == FarEnd::Kind::machine;
    if (by_key && message.type() == notify_uri && to_listeners(message, from)) {
        answer(std::optional<OwnedMessage>());
        return;
    }
    const auto app =
        by_key ? registry_.find(message.type(), message.uri()) : registry_.app_named(far.name);
    const ProgramPtr owner = app ? program_of(*app) : nullptr;
    if (!owner) {
        program->traffic.drop(Drop::unowned);
        answer(Refusal::not_found());
        return;
    }
    to_app(owner, message, from, answer);
}

}  // namespace netaio::daemon

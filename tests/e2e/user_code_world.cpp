#include "support/surviving_loop.hpp"
#include "user_code.hpp"

/// What happens to the two nodes.
namespace netaio::test {
namespace {

using boost::system::error_code;

UdpNodeOptions local_node() {
    UdpNodeOptions options;
    options.port = 0;
    options.interfaces = {"lo"};
    options.ipv6 = false;
    return options;
}

}  // namespace

World::World(Subject subject, Spot spot, Stage from, Deed deed)
    : subject_(subject), spot_(spot), from_(from), deed_(std::move(deed)) {
    use_io_uring(context_);
}

World::~World() {
    end();
}

Hook World::hook_of(Subject subject) {
    return [this, ours = subject == subject_](Spot where) {
        if (ours) {
            told(where);
        }
    };
}

void World::told(Spot where) {
    where = starting_ && where == Spot::log_sink ? Spot::log_sink_at_start : where;
    if (where == spot_ && stage_ >= from_ && !std::exchange(done_, true)) {
        deed_(*this);
    }
}

void World::told_of(const Message& message, Spot where) {
    const std::string uri = message.uri().str();
    told(where);
    if (message.uri() != uri) {
        faults_.push_back("a message changed while it was handled");
    }
}

// Runs the loop until everything that waits has ended.
void World::settle() {
    const auto until = std::chrono::steady_clock::now() + bound;
    while (waiting() > 0 && std::chrono::steady_clock::now() < until) {
        run(std::chrono::milliseconds(1));
    }
    run(std::chrono::milliseconds(2));  // what nobody waits for
}

void World::run(std::chrono::milliseconds time) {
    run_surviving(context_, time);
}

void World::run_until(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + bound;
    while (!done_ && !condition() && std::chrono::steady_clock::now() < until) {
        run(std::chrono::milliseconds(1));
    }
}

bool World::step(const std::function<void()>& work) {
    if (!done_) {
        try {
            work();
        } catch (const std::exception&) {
            // What users' code throws within a call of theirs may come back to them.
        }
        settle();
    }
    return done_;
}

void World::do_steps(const std::vector<std::function<void()>>& steps) {
    for (const auto& work : steps) {
        if (step(work) || (from_ == Stage::ending && stage_ == Stage::acquainted)) {
            return;
        }
    }
    run_until([] { return false; });  // or soon after
}

void World::connect() {
    if (client_) {
        begin([&](auto end) { client_->connect("127.0.0.1", port_, end); },
              at(Subject::client, Spot::connect_completion));
    }
}

void World::ask(std::string_view uri, std::chrono::milliseconds timeout) {
    if (client_) {
        begin([&](auto end) { client_->request(uri, {.timeout = timeout}, end); },
              at(Subject::client, Spot::request_completion));
    }
}

void World::ask_node(UdpNode* asking, UdpNode* asked, std::string_view uri,
                     std::chrono::milliseconds timeout) {
    if (asking && asked) {
        begin(
            [&](auto end) { asking->request(address_of(*asked), uri, {.timeout = timeout}, end); },
            asking == node_.get() ? std::optional(Spot::request_completion) : std::nullopt);
    }
}

void World::receive() {
    if (client_) {
        begin([&](auto end) { client_->receive_once({.timeout = patience}, end); },
              at(Subject::client, Spot::receive_completion));
    }
}

void World::stop_server() {
    stopped_ = true;
    if (server_) {
        begin([&](auto end) { server_->stop(std::chrono::milliseconds(50), end); },
              at(Subject::server, Spot::stop_completion));
    }
}

// What no message tells: that a peer is another one now.
void World::tell_of_change(std::string id) {
    const Peer changed{.id = std::move(id), .data = std::string("\x4d\x40\x01", 3)};
    switch (subject_) {
        case Subject::server: server_->add_peer(changed); break;
        case Subject::client: client_->add_peer(changed); break;
        case Subject::node: node_->add_peer(changed); break;
    }
}

void World::live() {
    subject_ == Subject::node ? live_with_udp() : live_with_tcp();
    settle();
}

void World::live_with_tcp() {
    server_ = std::make_unique<TcpServer>(
        context_.get_executor(), hooked(local_options(), "server", hook_of(Subject::server)));
    TcpClientOptions options;
    options.connect_timeout = std::chrono::seconds(1);
    client_ = std::make_unique<TcpClient>(context_.get_executor(),
                                          hooked(options, "client", hook_of(Subject::client)));
    install_counterpart(*server_);
    install_all();
    starting_ = true;
    if (const auto error = server_->start()) {
        faults_.push_back("start: " + error.message());
    }
    starting_ = false;
    port_ = server_ ? server_->port() : 0;
    const std::vector<std::function<void()>> steps{
        [&] { server_->manage_peers(); },
        [&] { client_->manage_peers(); },
        [&] {
            is_of_states() ? install(spot_, true) : connect();
            run_until([&] { return server_->peer("client") && client_->peer("server"); });
        },
        [&] { stage_ = Stage::acquainted; },
        [&] {
            receive();
            for (const char* uri : {"plain", "slow", "push", "once", "unknown", "plain"}) {
                ask(uri);
            }
        },
        [&] {
            ask("never", std::chrono::milliseconds(3));
            ask("never", std::chrono::milliseconds(3));
            ask("never");
        },
        [&] { ask("push unsigned"); },
        [&] { (void)client_->send(request("plain"), {.use_auth = false}); },
        [&] { tell_of_change(subject_ == Subject::server ? "client" : "server"); },
        [&] {
            subject_ == Subject::server ? client_->stop_managing_peers()
                                        : server_->stop_managing_peers();
        },
        [&] {
            ask("never");
            ask("hang up");
        },
        [&] { stop_server(); }};
    do_steps(steps);
}

Address World::address_of(const UdpNode& node) const {
    return *Address::parse("127.0.0.1", node.port());
}

void World::live_with_udp() {
    node_ = std::make_unique<UdpNode>(context_.get_executor(),
                                      hooked(local_node(), "node", hook_of(Subject::node)));
    // Any subject but the node: nobody's hook.
    other_ = std::make_unique<UdpNode>(context_.get_executor(),
                                       hooked(local_node(), "other", hook_of(Subject::client)));
    for (const char* uri : {"plain", "alive"}) {
        other_->on({MessageType::request_uri, uri},
                   [](const Message& message) { return respond(message.uri(), "other's"); });
    }
    other_->on({MessageType::request_uri, "never"}, [] {});
    install_all();
    const std::vector<std::function<void()>> steps{
        [&] {
            begin([&](auto end) { other_->start(end); });
            begin([&](auto end) { node_->start(end); }, Spot::start_completion);
        },
        [&] { node_->manage_peers(); },
        [&] {
            other_->manage_peers();
            other_->introduce(address_of(*node_));
            run_until([&] { return node_->peer("other").has_value(); });
        },
        [&] { stage_ = Stage::acquainted; },
        [&] {
            for (const char* uri : {"plain", "slow", "once", "unknown", "plain"}) {
                ask_node(other_.get(), node_.get(), uri);
            }
            for (const char* uri : {"plain", "never"}) {
                ask_node(node_.get(), other_.get(), uri);
            }
        },
        [&] { (void)other_->send(address_of(*node_), request("plain"), {.use_auth = false}); },
        [&] { tell_of_change("other"); },
        [&] { node_->remove_peer("other"); }};
    do_steps(steps);
}

// Does it again until it succeeds, as what a deed has broken may have to be noticed first.
bool World::succeeds(const std::function<void()>& work) {
    for (int i = 0; i < 3; ++i) {
        work();
        settle();
        if (!last_) {
            return true;
        }
    }
    return false;
}

bool World::serves() {
    bool all = true;
    if (server_ && !stopped_) {
        TcpClient fresh(context_.get_executor(), hooked(TcpClientOptions(), "fresh", [](Spot) {}));
        all = succeeds([&] { begin([&](auto end) { fresh.connect("127.0.0.1", port_, end); }); }) &&
              succeeds([&] {
                  begin([&](auto end) { fresh.request("alive", {.timeout = bound}, end); });
              });
        all = all && (!client_ || succeeds([&] {
                  if (!client_->connected()) {
                      connect();
                      settle();
                  }
                  ask("alive", bound);
              }));
    }
    if (node_ && !stopped_) {
        all = succeeds([&] { ask_node(other_.get(), node_.get(), "alive", bound); }) &&
              succeeds([&] { ask_node(node_.get(), other_.get(), "alive", bound); });
    }
    return all;
}

bool World::end() {
    stage_ = Stage::ending;
    client_.reset();
    server_.reset();
    node_.reset();
    other_.reset();
    const auto until = std::chrono::steady_clock::now() + bound;
    do {
        run(std::chrono::milliseconds(10));
    } while (!context_.stopped() && std::chrono::steady_clock::now() < until);
    return context_.stopped();
}

}  // namespace netaio::test

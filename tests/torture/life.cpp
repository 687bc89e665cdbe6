#include "life.hpp"

#include <memory>
#include <thread>

#include "support/net.hpp"
#include "support/surviving_loop.hpp"

namespace netaio::test {
namespace {

using boost::system::error_code;

constexpr auto bound = std::chrono::milliseconds(1000);
constexpr auto patience = std::chrono::milliseconds(60);
const Key echoed(MessageType::request_uri, "echo");

struct Waits {
    std::atomic<int> now{0};
    std::atomic<bool> told_twice{false};
};

OwnedMessage echo(const Message& message) {
    return respond(message.uri(), message.content());
}

awaitable<std::optional<OwnedMessage>> suspended(const Message& message) {
    co_await pause(std::chrono::milliseconds(1));
    co_return respond(message.uri(), "later");
}

class Life {
public:
    Life(Way way, std::atomic<Phase>& phase, const std::function<bool()>& failed)
        : way_(way), phase_(phase), failed_(failed) {
        use_io_uring(context_);
    }

    End live() {
        for (int i = 0; i < 2 && !other_; ++i) {
            attempt(Phase::making, [&] { make(); });
        }
        attempt(Phase::starting, [&] { start(); });
        attempt(Phase::managing, [&] {
            server_->manage_peers();
            client_->manage_peers();
            node_->manage_peers();
            other_->manage_peers();
        });
        attempt(Phase::connecting, [&] { connect(*client_); });
        attempt(Phase::requesting, [&] {
            ask("echo");
            ask("nothing");
            ask("echo");
        });
        attempt(Phase::subscribing, [&] {
            wait([&](auto end) { client_->subscribe("news", {.timeout = patience}, end); });
        });
        attempt(Phase::notifying, [&] {
            wait([&](auto end) { client_->receive_once({.timeout = patience}, end); });
            (void)server_->notify("news", notify("news", "content"));
            (void)server_->broadcast(notify("all", "content"));
        });
        attempt(Phase::suspending, [&] {
            ask("slow");
            ask("echo");
        });
        attempt(Phase::timing_out, [&] { ask("never", std::chrono::milliseconds(2)); });
        attempt(Phase::udp_requesting, [&] { exchange_datagrams(); });
        const bool serves = !started_ || !failed_() || probe();
        attempt(Phase::hanging_up, [&] {
            ask("never");
            client_->close();
        });
        attempt(Phase::stopping, [&] { stop(); });
        phase_ = Phase::destroying;
        client_.reset();
        server_.reset();
        node_.reset();
        other_.reset();
        const bool idle = settle_all();
        return !serves              ? End::deaf
               : waits_->told_twice ? End::told_twice
               : waits_->now > 0    ? End::waits
               : !idle              ? End::stays_busy
                                    : End::well;
    }

private:
    // Goes on after whatever fails, as a program may.
    void attempt(Phase phase, const std::function<void()>& work) {
        phase_ = phase;
        try {
            work();
        } catch (const std::exception&) {
            // Said to whoever called.
        }
        settle();
    }
    // What is begun by a call that throws has ended with it.
    template <class Begin>
    void wait(const Begin& begin) {
        const auto told = std::make_shared<std::atomic<bool>>(false);
        const auto end = [told, waits = waits_] {
            if (told->exchange(true)) {
                waits->told_twice = true;
            } else {
                --waits->now;
            }
        };
        ++waits_->now;
        try {
            begin([end](error_code, const auto&) { end(); });
        } catch (...) {
            end();
            throw;
        }
    }
    void ask(ByteView uri, std::chrono::milliseconds timeout = patience) {
        wait([&](auto end) { client_->request(uri, {.timeout = timeout}, end); });
    }
    void connect(TcpClient& client) {
        wait([&](auto end) { client.connect("127.0.0.1", server_->port(), end); });
    }

    // All or, as far as anybody can see, nothing.
    void make() {
        const Log log(LogLevel::debug, [](LogLevel, std::string_view) {});
        auto options = local_options();
        options.auth = hmac_auth({.secret = "test"});
        options.cipher = stream_cipher({.key = "test"});
        options.local_peer = Peer{.id = "server"};
        options.environment.log = log;
        options.threads = 2;
        client_options_.auth = options.auth;
        client_options_.cipher = options.cipher;
        client_options_.connect_timeout = patience;
        client_options_.environment.log = log;
        server_ = way_ == Way::own_threads
                      ? std::make_unique<TcpServer>(options)
                      : std::make_unique<TcpServer>(context_.get_executor(), options);
        auto named = client_options_;
        named.local_peer = Peer{.id = "client"};
        client_ = std::make_unique<TcpClient>(context_.get_executor(), named);
        client_->set_timeout_handler([](const TimeoutContext&) {});
        client_->set_disconnect_handler([](const Address&, std::error_code) {});
        server_->on(echoed, echo);
        server_->on({MessageType::request_uri, "slow"}, suspended);
        server_->on({MessageType::request_uri, "never"}, [] {});
        server_->on(MessageType::subscribe_uri,
                    [server = server_.get()](const Message& message, Connection& from) {
                        server->subscribe(message.uri(), from);
                        return OwnedMessage(MessageType::confirm_subscribe, message.uri());
                    });
        node_ = std::make_unique<UdpNode>(context_.get_executor(), local_node_options("node"));
        node_->on(echoed, echo);
        node_->on({MessageType::request_uri, "slow"},
                  [](const Message& message) { return suspended(message); });
        node_->grant_subscriptions();
        other_ = std::make_unique<UdpNode>(context_.get_executor(), local_node_options("other"));
    }
    void start() {
        started_ = !server_->start();
        for (UdpNode* node : {node_.get(), other_.get()}) {
            wait([&](auto end) { node->start(end); });
        }
    }
    void exchange_datagrams() {
        const auto to = *Address::parse("127.0.0.1", node_->port());
        (void)other_->introduce(to);
        (void)other_->keep_introduced(to);
        for (const char* uri : {"echo", "slow", "nothing"}) {
            wait([&](auto end) { other_->request(to, uri, {.timeout = patience}, end); });
        }
        wait([&](auto end) {
            other_->subscribe("news", {.present = true, .timeout = patience, .server = to}, end);
        });
        (void)node_->publish("news", "present");
        (void)node_->subscribe("news", *Address::parse("127.0.0.1", other_->port()));
        (void)node_->notify("news", notify("news", "content"));
        (void)node_->broadcast(notify("all", "content"));
    }
    // Whether a client that never knew of the failure is served; the second time at the latest.
    bool probe() {
        phase_ = Phase::probing;
        for (int i = 0; i < 2; ++i) {
            auto answered = std::make_shared<std::atomic<bool>>(false);
            TcpClient fresh(context_.get_executor(), client_options_);
            attempt(Phase::probing, [&] { connect(fresh); });
            attempt(Phase::probing, [&] {
                wait([&](auto end) {
                    fresh.request("echo", {.timeout = bound},
                                  [end, answered](error_code error, const OwnedMessage& reply) {
                                      *answered = !error;
                                      end(error, reply);
                                  });
                });
            });
            if (*answered) {
                return true;
            }
        }
        return false;
    }
    void stop() {
        node_->stop();
        wait([&](auto end) { server_->stop(std::chrono::milliseconds(50), end); });
    }

    void run(std::chrono::milliseconds time) { run_surviving(context_, time); }
    void settle() {
        const auto until = std::chrono::steady_clock::now() + bound;
        while (waits_->now > lost_ && std::chrono::steady_clock::now() < until) {
            run(std::chrono::milliseconds(1));
            if (context_.stopped()) {
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            }
        }
        lost_ = waits_->now;  // waited for once
        run(std::chrono::milliseconds(1));
    }
    bool settle_all() {
        const auto until = std::chrono::steady_clock::now() + bound;
        do {
            run(std::chrono::milliseconds(5));
        } while ((!context_.stopped() || waits_->now > 0) &&
                 std::chrono::steady_clock::now() < until);
        return context_.stopped();
    }

    const Way way_;
    std::atomic<Phase>& phase_;
    const std::function<bool()>& failed_;
    const std::shared_ptr<Waits> waits_ = std::make_shared<Waits>();
    int lost_ = 0;
    bool started_ = false;
    TcpClientOptions client_options_;
    boost::asio::io_context context_{1};
    std::unique_ptr<TcpServer> server_;
    std::unique_ptr<TcpClient> client_;
    std::unique_ptr<UdpNode> node_;
    std::unique_ptr<UdpNode> other_;
};

}  // namespace

const char* to_string(Phase phase) {
    switch (phase) {
        case Phase::making: return "making";
        case Phase::starting: return "starting";
        case Phase::managing: return "managing";
        case Phase::connecting: return "connecting";
        case Phase::requesting: return "requesting";
        case Phase::subscribing: return "subscribing";
        case Phase::notifying: return "notifying";
        case Phase::suspending: return "suspending";
        case Phase::timing_out: return "timing_out";
        case Phase::udp_requesting: return "udp_requesting";
        case Phase::probing: return "probing";
        case Phase::hanging_up: return "hanging_up";
        case Phase::stopping: return "stopping";
        case Phase::destroying: return "destroying";
    }
    return "?";
}

End live(Way way, std::atomic<Phase>& phase, const std::function<void()>& begin,
         const std::function<bool()>& failed) {
    Life life(way, phase, failed);
    begin();
    return life.live();
}

}  // namespace netaio::test

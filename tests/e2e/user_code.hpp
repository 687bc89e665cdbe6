#pragma once

#include <array>

#include "support/net.hpp"

/// Nodes whose users' code can be made to do something, wherever it is called.
namespace netaio::test {

/// Where a node calls what its user wrote.
enum class Spot {
    handler,
    once_handler,
    coroutine_begins,
    coroutine_resumed,
    default_handler,
    auth_error_handler,
    disconnect_handler,
    timeout_handler,
    timeout_coroutine_begins,
    timeout_coroutine_resumed,
    state_connecting,
    state_connected,
    state_waiting,
    peer_joined,
    peer_changed,
    peer_left,
    connect_completion,
    request_completion,
    receive_completion,
    start_completion,
    stop_completion,
    auth_make,
    auth_check,
    auth_error,
    cipher_encrypt,
    cipher_decrypt,
    peer_pack,
    peer_unpack,
    peer_validate,
    key_extractor,
    log_sink_at_start,
    log_sink,
};

/// Told of each call of a user's code.
using Hook = std::function<void(Spot)>;

std::shared_ptr<const AuthPlugin> hooked_auth(Hook hook);
std::shared_ptr<const CipherPlugin> hooked_cipher(Hook hook);
std::shared_ptr<const PeerPlugin> hooked_peer_plugin(Hook hook);
KeyExtractor hooked_extractor(Hook hook);

/// The options with users' code wherever they take some.
template <class Options>
Options hooked(Options options, std::string id, const Hook& hook) {
    options.auth = hooked_auth(hook);
    options.cipher = hooked_cipher(hook);
    options.peer_plugin = hooked_peer_plugin(hook);
    options.extract_keys = hooked_extractor(hook);
    options.environment.log =
        Log(LogLevel::debug, [hook](LogLevel, std::string_view) { hook(Spot::log_sink); });
    options.local_peer = Peer{.id = std::move(id)};
    return options;
}

/// Two nodes that speak with each other, on one event loop: a server and a client, or two UDP
/// nodes. One of them is the subject, whose user's code, at one spot, once does a deed.
class World {
public:
    enum class Subject { server, client, node };
    /// From when on: the nodes exist, know each other, are destroyed.
    enum class Stage { made, acquainted, ending };
    using Deed = std::function<void(World&)>;

    World(Subject subject, Spot spot, Stage from, Deed deed);
    ~World();
    World(const World&) = delete;

    /// Has everything happen that calls users' code, until the deed was done or it is time to end.
    void live();
    bool done() const noexcept { return done_; }
    /// Whether the nodes that are left still serve.
    bool serves();
    /// Ends the nodes. Whether nothing is left to do then.
    bool end();
    /// Operations that were begun and have not ended.
    int waiting() const noexcept { return begun_ - ended_; }
    /// What went wrong otherwise.
    const std::vector<std::string>& faults() const noexcept { return faults_; }

    /// Whether the subject calls users' code there, at the latest in that stage again, and whether
    /// that can be replaced.
    static bool exists(Subject subject, Spot spot, Stage from);
    static bool replaceable(Subject subject, Spot spot);

    // Deeds.
    void replace() { install(spot_, true); }
    void remove() { install(spot_, false); }
    void destroy();
    void stop_loop() { context_.stop(); }
    void run_loop();
    void begin_operations();
    void end_gently();

private:
    Hook hook_of(Subject subject);
    void told(Spot where);
    void told_of(const Message& message, Spot where);
    void install(Spot spot, bool there);
    template <class Node>
    void install_in(Node& node, Spot spot, bool there);
    void install_in_client(Spot spot, bool there);
    bool is_of_states() const noexcept {
        return spot_ >= Spot::state_connecting && spot_ <= Spot::state_waiting;
    }
    void install_all();
    void install_counterpart(TcpServer& server);

    // Reads it, as users' code does with what it owns or was given.
    void keep(const std::string& text) { kept_ = text; }

    // Begins an operation that is given what ends it, which tells where it is told of, if that is a
    // spot of the subject's. One that throws has ended, and must not do so again.
    template <class Begin>
    void begin(const Begin& begins, std::optional<Spot> spot = std::nullopt) {
        ++begun_;
        const auto done = std::make_shared<bool>(false);
        try {
            begins([this, spot, done](boost::system::error_code error, const auto&) {
                ended(*done, error);
                if (spot) {
                    told(*spot);
                }
            });
        } catch (const std::exception&) {
            ended(*done, make_error_code(Errc::cancelled));
        }
    }
    void ended(bool& done, std::error_code error) {
        ++ended_;
        last_ = error;
        if (std::exchange(done, true)) {
            faults_.push_back("an operation ended twice");
        }
    }
    std::optional<Spot> at(Subject subject, Spot spot) const {
        return subject == subject_ ? std::optional(spot) : std::nullopt;
    }
    void connect();
    void ask(std::string_view uri, std::chrono::milliseconds timeout = patience);
    void ask_node(UdpNode* asking, UdpNode* asked, std::string_view uri,
                  std::chrono::milliseconds timeout = patience);
    void receive();
    void stop_server();
    void tell_of_change(std::string id);
    void settle();
    void run(std::chrono::milliseconds time);
    void run_until(const std::function<bool()>& condition);
    bool step(const std::function<void()>& work);
    void do_steps(const std::vector<std::function<void()>>& steps);
    void live_with_tcp();
    void live_with_udp();
    bool succeeds(const std::function<void()>& work);
    Address address_of(const UdpNode& node) const;

    static constexpr std::chrono::milliseconds patience{12};
    static constexpr std::chrono::seconds bound{1};

    const Subject subject_;
    const Spot spot_;
    const Stage from_;
    const Deed deed_;
    Stage stage_ = Stage::made;
    bool starting_ = false;
    bool done_ = false;
    bool stopped_ = false;
    int begun_ = 0;
    int ended_ = 0;
    std::error_code last_;
    std::vector<std::string> faults_;
    const std::string captured_ = std::string(200, 'z');
    std::string kept_;
    boost::asio::io_context context_{1};
    std::unique_ptr<TcpServer> server_;
    std::unique_ptr<TcpClient> client_;
    std::unique_ptr<UdpNode> node_;
    std::unique_ptr<UdpNode> other_;
    std::uint16_t port_ = 0;
};

}  // namespace netaio::test

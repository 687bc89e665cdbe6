#pragma once

#include <bitset>
#include <boost/smart_ptr/make_local_shared.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "far_end.hpp"
#include "program.hpp"
#include "status.hpp"
#include "upstreams.hpp"
#include "watchers.hpp"

namespace netaio::daemon {

/// Carries messages between the programs of this machine and the network, and among them: as they
/// are, but for the field `@` (protocol.md §14). On one event loop, to whose thread it belongs.
class Relay : public std::enable_shared_from_this<Relay> {
public:
    Relay(boost::asio::any_io_executor executor, RelayOptions options);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Begins to listen. An error leaves nothing listening, and was logged with what it is about.
    std::error_code start();
    /// Takes what can change while it runs: rules, plugins, servers, peers, quotas, times, and who
    /// may connect: who may not any more is disconnected. What cannot is left as it was.
    void reload(RelayOptions options);
    /// Ends everything, gently until the deadline.
    awaitable<void> stop(std::chrono::milliseconds deadline);

    DaemonStatus status() const;
    const Registry& registry() const noexcept { return registry_; }
    const Upstreams& upstreams() const noexcept { return upstreams_; }
    /// Where clients of the network connect, and nodes; empty where there is none.
    std::vector<Address> tcp_endpoints() const;
    std::uint16_t udp_port() const;

private:
    using ProgramPtr = boost::local_shared_ptr<Program>;  // of this thread

    // What the servers for programs and for clients and all nodes have in common.
    template <class Options>
    Options for_all(Options options) const {
        options.types = options_.types;
        options.environment = options_.environment;
        options.handle_signals = false;
        options.handlers_max = options_.questions_max;
        return options;
    }

    // Programs (relay_programs.cpp).
    void open_socket();
    bool may_connect(const Connection& connection) const;
    bool admit(Connection& connection);
    void gone(Connection& connection);
    ProgramPtr program_of(std::uint64_t number) const;
    ProgramPtr program_of(AppId app) const;
    void from_program(const Message& message, Connection& connection, Answer answer);
    struct Refused {
        Drop cause;
        Refusal why;
    };
    std::optional<Refused> refuse(Program& program, const Result<FarEnd>& far,
                                  const Message& message);
    bool is_for_daemon(const ProgramPtr& program, const FarEnd& far, const Message& message,
                       Answer& answer);
    void to_machine(const ProgramPtr& program, const FarEnd& far, const Message& message,
                    Answer answer);
    void hold_to_rate(const ProgramPtr& program, std::size_t bytes);
    bool sees_all(const Program& program) const;
    bool permitted(Program& program, const Message& message);
    bool programs_may_say(MessageType type) const noexcept;
    std::optional<Refusal> refuse_far_end(const Program& program, const FarEnd& far) const;

    // What they ask the daemon itself (relay_control.cpp).
    void control(const ProgramPtr& program, const Message& message, Answer& answer);
    Reply register_app(const ProgramPtr& program, const Value& asked);
    Reply change_key(const ProgramPtr& program, const Value& asked, MessageType how);
    void tell_of_refusal(const Program& program, std::string_view why);
    Reply watch(const ProgramPtr& program, const Message& message);
    void manage_peers(const ProgramPtr& program, const Value& asked);
    std::shared_ptr<UdpNode> make_node(const ProgramPtr& program, const Peer& self);
    void close_node(Program& program);
    void tell_of_peer(std::uint64_t program, std::string_view event, const Peer& peer);
    void tell_of_lost(const ProgramPtr& program, std::string_view from, ByteView uri);
    void send_watched(WatcherId watcher);

    // Their subscribers (relay_subscribers.cpp).
    Reply change_subscriber(const ProgramPtr& program, std::optional<std::string> key,
                            const std::optional<std::string>& who, bool prefix, MessageType how);
    std::optional<Refusal> refuse_subscriber(const Program& program, const std::string& who) const;
    static void note_subscribing(Program& program, std::string_view who);
    void end_refused_subscribers(Program& program);
    std::error_code change_service(Program& program, const Subscriber& which, bool add);
    void add_subscriber(Program& program, Subscriber which);
    void end_subscriber(Program& program, const Subscriber& which);
    bool end_oldest_node(Program& program);
    void forget_subscriber(const std::string& who);
    void app_gone(const std::string& name);

    // To programs.
    void to_app(const ProgramPtr& program, const Message& message, const Sender& from,
                Answer& answer);
    bool to_listeners(const Message& message, const Sender& from);
    void deliver(Program& program, const Message& message, const Sender& from);
    std::error_code push(Program& program, OwnedMessage message);
    void came(Program& program, const Message& message, const Sender& from);
    bool has_room(const Program& program) const;

    // To the network (relay_network.cpp).
    void tell_of_key() const;
    void open_tcp();
    void client_gone(const Connection& connection);
    void open_udp();
    void from_tcp(const Message& message, Connection& connection, Answer& answer);
    void tell_of_udp() const;
    void from_network(const Message& message, const Sender& from, Answer& answer);
    void from_udp(const Message& message, const Address& address, Answer& answer);
    void from_udp_to(const ProgramPtr& program, const Message& message, const Address& address,
                     Answer& answer);
    void to_far_end(const ProgramPtr& program, const FarEnd& far, const Message& message,
                    Answer answer);
    void to_node(const ProgramPtr& program, UdpNode* node, const FarEnd& far,
                 const Message& message, Answer answer);
    void to_server(const ProgramPtr& program, const FarEnd& far, const Message& message,
                   Answer answer);
    static void from_far_end(Program& program, const std::string& from, std::error_code error,
                             OwnedMessage&& reply, Answer& waits);
    std::error_code to_many(Program& program, const FarEnd& far, const Message& message);
    std::shared_ptr<Connection> client_at(const Address& address) const;
    void notified(std::uint64_t program, std::string_view from, const Message& message);

    // What changes while it runs (relay_reload.cpp).
    void disconnect_refused();
    void reload_nodes(UdpNodeOptions options, std::size_t exchange_max);
    void tidy_later();

    // Tells watchers, if there are any.
    void seen(const Program* program, Direction direction, const Message& message,
              const Identities& who, std::string_view far_end) {
        if (watchers_.size() > 0) {
            tell_watchers(program, direction, message, who, far_end);
        }
    }
    void tell_watchers(const Program* program, Direction direction, const Message& message,
                       const Identities& who, std::string_view far_end);
    static void decline(const Message& message, Answer& answer, const Refusal& why);
    static void fail(Answer& answer, std::error_code error, std::string_view whom);
    void log(LogLevel level, const std::string& what) const {
        options_.environment.log(level, what);
    }

    boost::asio::any_io_executor executor_;
    RelayOptions options_;
    std::chrono::steady_clock::time_point began_;
    Registry registry_;
    Allowances allowances_;
    Watchers watchers_;
    Traffic others_;  // of those that are gone, and nobody's
    boost::unordered_flat_map<std::uint64_t, ProgramPtr> programs_;
    std::vector<ProgramPtr> apps_;  // by AppId
    // Nodes that say that their peers leave, which count as their programs' connections.
    std::map<std::shared_ptr<UdpNode>, std::unique_ptr<Allowance>> leaving_;

    std::unique_ptr<TcpServer> local_;
    std::unique_ptr<TcpServer> tcp_;
    std::unique_ptr<UdpNode> machine_;
    // Why programs of a user were refused what they asked of the daemon, as far as that was logged.
    struct ToldRefusals {
        std::chrono::steady_clock::time_point since = {};
        std::set<std::string> causes = {};
    };
    std::map<std::uint32_t, ToldRefusals> told_refusals_;
    // Connections from the network.
    struct Client {
        std::shared_ptr<Connection> connection;
        Sender sender;
    };
    using ClientPtr = boost::local_shared_ptr<Client>;
    boost::unordered_flat_map<std::uint64_t, ClientPtr> clients_;
    ClientPtr speaking_;  // who spoke last, most often speaks next
    std::unordered_map<Address, std::uint64_t> client_numbers_;
    Sender datagram_sender_;        // who sent the last datagram
    std::bitset<256> answers_;      // types that answer others of the configuration
    std::uint64_t subscribed_ = 0;  // subscribers so far
    Upstreams upstreams_;
    Timer tidying_;
    bool stopping_ = false;
};

}  // namespace netaio::daemon

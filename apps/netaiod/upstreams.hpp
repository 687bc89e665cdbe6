#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "far_end.hpp"
#include "relay_options.hpp"

namespace netaio::daemon {

/// The connections to servers, each shared by all programs that ask there, and who of them
/// subscribed to what. Programs are known by the numbers of their connections.
class Upstreams {
public:
    using ProgramNumber = std::uint64_t;
    using Answered = std::function<void(std::error_code, OwnedMessage)>;
    /// A server has notified of something that this program subscribed to; `from` as the field has
    /// it.
    using Notified =
        std::function<void(ProgramNumber, std::string_view from, const Message& message)>;

    /// What this program subscribed to at a server has ended there.
    using Lost = std::function<void(ProgramNumber, std::string_view from, ByteView uri)>;

    Upstreams(boost::asio::any_io_executor executor, const RelayOptions& options, Notified notified,
              Lost lost);
    ~Upstreams();

    /// Asks, for a program.
    void ask(ProgramNumber program, const FarEnd& server, OwnedMessage message,
             std::chrono::milliseconds timeout, Answered answered);
    /// Tells, where nobody waits for an answer. Errc::not_connected where the server is not there
    /// at present.
    std::error_code tell(const FarEnd& server, OwnedMessage message);
    /// Ends what a program subscribed to.
    void gone(ProgramNumber program);
    /// Other servers and secrets; those that stay where they were go on.
    void set_servers(std::map<std::string, NamedServer> servers, Plugins plugins);
    /// Lets go of connections by address that nobody used for long.
    void tidy(std::chrono::steady_clock::time_point now);
    std::size_t size() const noexcept { return servers_.size(); }

private:
    struct Subscription {
        std::string uri;
        bool prefix = false;
        friend auto operator<=>(const Subscription&, const Subscription&) = default;
    };
    struct Server {
        explicit Server(std::string name) : shown(std::move(name)) {}

        std::string shown;  // as the field has it
        std::string host = {};
        std::uint16_t port = 0;
        std::unique_ptr<TcpClient> client = nullptr;
        std::map<Subscription, std::set<ProgramNumber>> subscriptions = {};
        std::chrono::steady_clock::time_point used = {};
        std::size_t asking = 0;
    };

    Result<std::shared_ptr<Server>> server(const FarEnd& far);
    void notified(Server& at, const Message& message);
    void ended(Server& at, const Message& message);
    void end_all(Server& at);
    static void answered(Server& at, ProgramNumber program, const Subscription& which,
                         MessageType asked, MessageType answer);

    boost::asio::any_io_executor executor_;
    const RelayOptions& options_;
    std::map<std::string, NamedServer> named_;
    Plugins plugins_;
    Notified notified_;
    Lost lost_;
    std::map<std::string, std::shared_ptr<Server>> servers_;
};

}  // namespace netaio::daemon

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
    /// Who asks: a program, and its user.
    struct Asker {
        ProgramNumber program = 0;
        std::uint32_t uid = 0;
    };
    using Answered = std::function<void(std::error_code, OwnedMessage)>;
    /// What programs are told, and what they take.
    struct Programs {
        /// A server has notified of something that this program subscribed to; `from` as the field
        /// has it.
        std::function<void(ProgramNumber, std::string_view from, const Message& message)> notified;
        /// Counts a subscription to a uri of so many bytes, or gives a sentence that refuses it.
        std::function<std::optional<std::string>(ProgramNumber, std::size_t)> subscribes;
        /// One that was counted is gone, though the program is there.
        std::function<void(ProgramNumber, std::size_t)> unsubscribed;
        /// What it subscribed to at a server has ended there.
        std::function<void(ProgramNumber, std::string_view from, ByteView uri)> lost;
    };

    Upstreams(boost::asio::any_io_executor executor, const RelayOptions& options,
              Programs programs);
    ~Upstreams();
    Upstreams(const Upstreams&) = delete;
    Upstreams& operator=(const Upstreams&) = delete;

    /// Asks, for a program. A sentence where its quotas refuse that: then nothing is answered.
    std::optional<std::string> ask(const Asker& asker, const FarEnd& server, OwnedMessage message,
                                   std::chrono::milliseconds timeout, Answered answered);
    /// Tells, where nobody waits for an answer. Errc::not_connected where the server is not there
    /// at present, Errc::queue_full where the user has too many.
    std::error_code tell(const Asker& asker, const FarEnd& server, OwnedMessage message);
    /// Ends what a program subscribed to.
    void gone(ProgramNumber program);
    /// Other servers and secrets; those that stay where they were go on.
    void set_servers(std::map<std::string, NamedServer> servers, Plugins plugins);
    /// Lets go of connections by address that nobody used for long, and ends what a server that was
    /// not there did not hear the end of.
    void tidy(std::chrono::steady_clock::time_point now);
    /// Whether the configuration names a server so.
    bool knows(const std::string& name) const { return named_.contains(name); }
    std::size_t size() const noexcept { return servers_.size(); }
    /// What programs are subscribed to, each once for each server.
    std::size_t subscription_count() const noexcept;

private:
    struct Subscription {
        std::string uri;
        bool prefix = false;
        friend auto operator<=>(const Subscription&, const Subscription&) = default;
    };
    struct Server {
        explicit Server(std::string name) : shown(std::move(name)) {}
        bool is_by_address() const { return !shown.starts_with("server:"); }
        bool is_idle() const noexcept { return asking == 0 && subscriptions.empty(); }

        std::string shown;      // as the field has it
        std::uint32_t uid = 0;  // whose app asked there first
        NamedServer which = {};
        std::unique_ptr<TcpClient> client = nullptr;
        // From when it is asked for, so that what is asked later finds it.
        std::map<Subscription, std::set<ProgramNumber>> subscriptions = {};
        // What the client renews until an answer says that it has ended.
        std::set<Subscription> granted = {};
        std::chrono::steady_clock::time_point used = {};
        std::size_t asking = 0;
    };

    Result<std::shared_ptr<Server>> server(const Asker& asker, const FarEnd& far);
    bool make_room(std::uint32_t uid);
    void notified(Server& at, const Message& message);
    void ended(Server& at, const Message& message);
    void end_all(Server& at);
    void tell_lost(const std::string& from, const Subscription& which,
                   const std::set<ProgramNumber>& programs);
    bool unsubscribe(Server& at, ProgramNumber program, const Subscription& which);
    void not_subscribed(const std::shared_ptr<Server>& at, ProgramNumber program,
                        const Subscription& which);
    static void end_at_server(const std::shared_ptr<Server>& at, const Subscription& which);

    boost::asio::any_io_executor executor_;
    const RelayOptions& options_;
    std::map<std::string, NamedServer> named_;
    Plugins plugins_;
    Programs programs_;
    std::map<std::string, std::shared_ptr<Server>> servers_;
};

}  // namespace netaio::daemon

#pragma once

#include <functional>
#include <memory>
#include <netaio/handler.hpp>
#include <netaio/requester.hpp>

#include "client_options.hpp"
#include "duration.hpp"
#include "endpoint.hpp"
#include "exit_code.hpp"
#include "logging.hpp"

namespace netaio::app {

/// Whom a client command asks, and on what terms.
class SessionTerms {
public:
    /// Throws Failure when the options name no server. They must outlive it.
    SessionTerms(const ClientOptions& options, Protection protection);

    const ClientOptions& options() const noexcept { return options_; }
    const Protection& protection() const noexcept { return protection_; }
    const Endpoint& endpoint() const noexcept { return endpoint_; }
    std::string server() const { return endpoint_.str(); }
    std::chrono::milliseconds timeout() const { return to_milliseconds(options_.timeout_seconds); }
    /// How long it waits, for people.
    std::string timeout_text() const;

    /// What whoever asks is told, whichever way it does.
    template <class Options>
    Options requester_options() const {
        Options made;
        made.auth = protection_.outer.auth;
        made.cipher = protection_.outer.cipher;
        made.local_peer = protection_.local_peer;
        made.environment.log = make_log(options_.log_level);
        made.request_timeout = timeout();
        if constexpr (requires { made.connect_timeout; }) {
            made.connect_timeout = timeout();
        }
        made.session = session_options();
        return made;
    }
    /// The terms of every request, which must not outlive this.
    RequestOptions terms() const;
    /// Those of sessions. Throws Failure.
    SessionOptions session_options() const;
    /// Says, once, where an answer came without a session though keys are to be kept.
    void look_at_session_of(const Message& answer);

protected:
    std::optional<Address> address_;  // of the server, where requests have to say it

private:
    const ClientOptions& options_;
    Protection protection_;
    Endpoint endpoint_;
    bool told_of_no_session_ = false;
};

/// What becomes of the notifications of a Session.
struct Listener {
    std::function<void(const Message&)> take;
    /// Of this uri no more will come, as this answer says.
    std::function<void(ByteView, const Message&)> lose;
    /// No more will come, for this reason.
    std::function<void(std::exception_ptr)> fail;
};

/// The way of a client command to its server, on an event loop.
class Session : public SessionTerms {
public:
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    /// Has notifications given to somebody, from connect() on. To be called before that.
    virtual void listen(const Listener& listener) = 0;
    /// Throws Failure that says what to do.
    virtual awaitable<void> connect() = 0;
    /// Sends a message and gives the answer, also when its type is an error; throws Failure when
    /// there is none to give.
    awaitable<OwnedMessage> exchange(MessageType type, ByteView uri, ByteView content = {});

    /// Subscribes, and gives the confirmation or the error it got; throws as exchange() does.
    awaitable<OwnedMessage> subscribe(ByteView uri, bool prefix, bool present);

    /// Ends at once what waits for an answer.
    virtual void close() = 0;
    /// Has a subscription forgotten that does not end with this session.
    virtual void unsubscribe(ByteView) {}

protected:
    using SessionTerms::SessionTerms;

private:
    virtual Requester& requester() = 0;
};

/// The way that the options choose: a connection, or with --udp datagrams. Throws Failure when they
/// name no server. They must outlive it.
std::unique_ptr<Session> make_session(const ClientOptions& options, const Protection& protection);

/// The Failure that an answer of an error type means.
void throw_if_error(const Message& answer, ByteView uri);
/// What a failed exchange means, said for people.
[[noreturn]] void throw_failure(const std::error_code& error, const SessionTerms& session);
/// What it means that a server cannot be connected to.
[[noreturn]] void throw_unconnected(const std::error_code& error, const SessionTerms& session);

/// How a command ends.
struct Ending {
    int code = static_cast<int>(ExitCode::done);
    bool interrupted = false;

    /// With the exception in hand, which is said on stderr unless the command was interrupted, as
    /// whoever does that knows why it ends.
    void fail();
};

/// Runs a command to its end, or to SIGINT or SIGTERM, and gives its exit code. Failures are said
/// on stderr.
int run_session(const std::function<awaitable<void>()>& command);

}  // namespace netaio::app

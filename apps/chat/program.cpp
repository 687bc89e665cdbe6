#include "program.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <netaio/chat/chat.hpp>
#include <netaio/daemon_client.hpp>
#include <netaio/udp_node.hpp>

#include "carrier.hpp"
#include "error_sentence.hpp"
#include "exit_code.hpp"
#include "face.hpp"
#include "lan.hpp"
#include "logging.hpp"
#include "notices.hpp"
#include "relay_client.hpp"
#include "signals.hpp"

namespace netaio::chat_app {
namespace {

constexpr std::chrono::seconds tick_every{30};

std::string relay_name(const ServerName& relay) {
    return relay.port == 0 ? relay.host : relay.host + ":" + std::to_string(relay.port);
}

class Program {
public:
    Program(boost::asio::io_context& context, const chat::Identity& identity,
            const ChatOptions& options)
        : context_(context),
          options_(options),
          identity_(identity),
          chat_(identity, options.name, options.file, environment_,
                {.said =
                     [this](const chat::Place& place, const chat::Line& line) {
                         later([=, this] { face_->said(place, line); });
                     },
                 .marked =
                     [this](const chat::Place& place, const chat::Line& line) {
                         later([=, this] { face_->marked(place, line); });
                     },
                 .reached =
                     [this](const chat::Place& place, const chat::Line& line, chat::Mark by_one) {
                         later([=, this] { face_->reached(place, line, by_one); });
                     },
                 .file =
                     [this](const chat::FileView& file, const chat::Line& line) {
                         later([=, this] { face_->file(file, line); });
                     },
                 .noticed = [this](const chat::Notice& notice) { noticed(notice); },
                 .changed = [this] { tell_of_change(); }},
                options.files),
          names_(chat_.me(), options.name),
          desk_(chat_, names_,
                {.tell = [this](const std::string& text,
                                bool is_warning) { face_->tell(text, is_warning); },
                 .chosen = [this] { face_->changed(); },
                 .wake = [this] { wake(); }}),
          tick_(context) {
        if (options.read_receipts) {
            chat_.tell_read(*options.read_receipts);
        }
        if (options.lan && options.daemon) {
            meet_through_daemon();
        } else if (options.lan) {
            meet_by_port();
        }
        if (options.relay) {
            reach_relay();
        }
        carrier_.emplace(context.get_executor(), calls_of(chat_), lan_.get(), relay_.get(),
                         CarrierOptions{.environment = environment_});
    }

    void begin() {
        const auto executor = context_.get_executor();
        face_ = options_.plain ? make_plain_face(executor, chat_, names_)
                               : make_screen_face(executor, chat_, names_);
        face_->begin(desk_, [this] { end(); });
        desk_.warn();
        if (relay_) {
            relay_->start();
        }
        if (node_) {
            if (const std::error_code error = node_->start()) {
                throw app::Failure(app::ExitCode::other, "the network cannot be used (port " +
                                                             std::to_string(options_.port) +
                                                             "): " + error.message());
            }
        }
        if (daemon_) {
            if (const std::error_code error = daemon_->start()) {
                throw app::Failure(app::ExitCode::other, "netaiod: " + error.message());
            }
        }
        tick();
    }

    // Gently, within a second.
    void end() {
        if (std::exchange(ending_, true)) {
            return;
        }
        face_.reset();
        const auto ended = [this](std::error_code, StopReport) { context_.stop(); };
        if (node_) {
            node_->stop(std::chrono::seconds(1), ended);
        } else if (daemon_) {
            daemon_->stop(std::chrono::seconds(1), ended);
        } else {
            context_.stop();
        }
    }

private:
    // The chat is not called from within what it tells.
    void later(std::function<void()> what) {
        told_.push_back(std::move(what));
        if (told_.size() > 1) {
            return;
        }
        boost::asio::post(context_, [this] {
            for (const auto& each : std::exchange(told_, {})) {
                if (face_) {
                    each();
                }
            }
        });
    }

    void noticed(const chat::Notice& notice) {
        const auto told = notice_gate_.pass(notice, environment_.clock->steady_now());
        if (!told) {
            return;
        }
        later([this, told = *told] {
            // Whom it is about may not have had a name before.
            face_->changed();
            face_->tell(notice_text(names_, told), true);
        });
    }

    // Once for all changes until then: strangers may come and go by the hundred.
    void tell_of_change() {
        if (std::exchange(change_is_told_, true)) {
            return;
        }
        later([this] {
            change_is_told_ = false;
            face_->changed();
        });
    }

    // What is logged would be written across a screen that is on the same terminal.
    Log log() {
        Log to_stderr = app::make_log(options_.log_level);
        if (options_.plain || ::isatty(STDERR_FILENO) == 0) {
            return to_stderr;
        }
        return {app::log_level(options_.log_level),
                [this, to_stderr](LogLevel level, std::string_view line) {
                    if (face_) {
                        say_of_oneself(std::string(line), level >= LogLevel::warning);
                    } else {
                        to_stderr(level, line);
                    }
                }};
    }
    void say_of_oneself(const std::string& text, bool is_warning) {
        later([this, text, is_warning] { face_->tell(text, is_warning); });
    }

    LanLinkOptions lan_options() {
        return {.environment = environment_, .on_change = [this] { wake(); }};
    }
    Peer own_presence() const {
        return Presence::peer(identity_, options_.name, environment_.clock->unix_seconds());
    }
    void meet_by_port() {
        UdpNodeOptions options;
        options.port = options_.port;
        options.interfaces = options_.interfaces;
        options.local_peer = own_presence();
        options.environment = environment_;
        options.handle_signals = false;
        node_.emplace(context_.get_executor(), std::move(options));
        lan_ = std::make_unique<LanLink>(context_.get_executor(), lan_node(*node_), identity_,
                                         calls_of(chat_), lan_options());
    }
    void meet_through_daemon() {
        DaemonClientOptions options;
        options.socket = *options_.daemon;
        options.local_peer = own_presence();
        options.app = "netaio-chat-" + chat::short_number(chat_.me()).substr(0, 5);
        options.environment = environment_;
        options.handle_signals = false;
        options.keep.on_state = [this](ConnectionState state, std::error_code why, unsigned) {
            tell_of_daemon(state, why);
        };
        daemon_.emplace(context_.get_executor(), std::move(options));
        lan_ = std::make_unique<LanLink>(context_.get_executor(), lan_node(*daemon_), identity_,
                                         calls_of(chat_), lan_options());
    }
    void reach_relay() {
        RelayLinkOptions options;
        options.relay = *options_.relay;
        options.key = options_.relay_key;
        options.known = known_peers_file(options_.known_relays);
        options.client.environment = environment_;
        options.on_change = [this] { wake(); };
        options.keep.on_state = [this](ConnectionState state, std::error_code why, unsigned) {
            tell_of_relay(state, why);
        };
        relay_ = std::make_unique<RelayLink>(context_.get_executor(), identity_, calls_of(chat_),
                                             std::move(options));
    }

    void tell_of_daemon(ConnectionState state, std::error_code why) {
        tell_of_reach("netaiod", state, why, "nobody is met on the network until it is",
                      daemon_reached_);
    }

    void tell_of_relay(ConnectionState state, std::error_code why) {
        if (state == ConnectionState::connecting) {
            return;
        }
        const std::string what = "the relay " + relay_name(*options_.relay);
        const bool is_other = why == Errc::peer_changed;
        if (std::exchange(relay_is_other_, is_other) != is_other && is_other) {
            const bool named = options_.relay_key.has_value();
            say_of_oneself(
                what + " HAS ANOTHER KEY THAN " + (named ? "WAS NAMED" : "BEFORE") +
                    ", and is given nothing: somebody may pose as it. If whoever runs it "
                    "confirms the new key, " +
                    (named ? "name that with --relay"
                           : "take its line out of " + options_.known_relays),
                true);
        }
        tell_of_reach(what, state, why, "what you say to who is away waits here until it is",
                      relay_reached_);
    }

    // Once for each time that it is reached, or is no more.
    void tell_of_reach(const std::string& what, ConnectionState state, std::error_code why,
                       const std::string& otherwise, std::optional<bool>& was_reached) {
        const bool reached = state == ConnectionState::connected;
        if (state == ConnectionState::connecting ||
            std::exchange(was_reached, reached) == reached) {
            return;
        }
        if (reached) {
            say_of_oneself(what + " is reached", false);
        } else {
            say_of_oneself(what + " is not reached" + (why ? " (" + why.message() + ")" : "") +
                               ": " + otherwise,
                           true);
        }
    }

    void wake() {
        if (carrier_) {
            carrier_->wake();
            work();
        }
    }
    // Large files are read bit by bit, and others get their turns between.
    void work() {
        if (std::exchange(working_, true)) {
            return;
        }
        boost::asio::post(context_, [this] {
            working_ = false;
            bool more = false;
            (void)noted(environment_.log, [&] { more = chat_.work(); });
            if (more) {
                wake();
            }
        });
    }
    void tick() {
        try {
            if (chat_.tick() && relay_) {
                relay_->publish();
            }
        } catch (const Error& not_kept) {
            say_of_oneself(error_sentence(not_kept), true);
        }
        wake();
        tick_.expires_after(tick_every);
        tick_.async_wait([this](boost::system::error_code error) {
            if (!error) {
                tick();
            }
        });
    }

    boost::asio::io_context& context_;
    const ChatOptions& options_;
    const chat::Identity& identity_;
    std::deque<std::function<void()>> told_;
    bool change_is_told_ = false;
    NoticeGate notice_gate_;
    std::unique_ptr<Face> face_;
    const Environment environment_{.log = log()};
    chat::Chat chat_;
    Names names_;
    Desk desk_;
    std::optional<UdpNode> node_;
    std::optional<DaemonClient> daemon_;
    std::unique_ptr<LanLink> lan_;
    std::unique_ptr<RelayLink> relay_;
    std::optional<Carrier> carrier_;
    Timer tick_;
    std::optional<bool> daemon_reached_;
    std::optional<bool> relay_reached_;
    bool relay_is_other_ = false;
    bool working_ = false;
    bool ending_ = false;
};

}  // namespace

int run_chat(const chat::Identity& identity, const ChatOptions& options) {
    app::log_as("netaio-chat");
    boost::asio::io_context context(1);
    app::Signals signals(context.get_executor(), app::SignalsOf::service);
    Program program(context, identity, options);
    signals.wait([&] { program.end(); });
    program.begin();
    context.run();
    return static_cast<int>(app::ExitCode::done);
}

}  // namespace netaio::chat_app

// An app of the tests with netaiod: a DaemonClient that says on standard output what happens to it,
// and does what standard input says, a line each. It ends with its input.
//   daemon_test_app id=NAME socket=PATH [serve=URI,...] [hold=URI,...] [sharing=turns|hash]
//                   [grants=1] [peers=1] [advertise=MS] [timeout=MS]
// It echoes requests for what it serves, and answers those that it holds when it is told to
// `release`. With `grants` it keeps subscriptions, and says what is pushed; with `peers` it is one
// of the peers of `netaio`.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <netaio/packify.hpp>

#include "traffic.hpp"

using namespace netaio;
using std::chrono::milliseconds;
using test::say;
using test::setting;
using test::Settings;

namespace {

std::vector<std::string> listed(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        all.push_back(word);
    }
    return all;
}

DaemonClientOptions options_from(const Settings& settings) {
    DaemonClientOptions options;
    options.socket = settings.at("socket");
    options.app = settings.at("id");
    const std::string sharing = setting(settings, "sharing", "");
    options.sharing = sharing == "turns"  ? KeySharing::turns
                      : sharing == "hash" ? KeySharing::hash
                                          : KeySharing::none;
    options.local_peer = Peer{.id = options.app};
    options.keep.on_state = [](ConnectionState state, std::error_code why, unsigned) {
        if (state != ConnectionState::connected) {
            say("lost ", why.message());
        }
    };
    options.keep.greet = [](Address) -> awaitable<void> {
        say("registered");
        co_return;
    };
    options.on_refused = [](const Key&, std::string_view why) { say("refused ", why); };
    options.renewal_backoff = {.delay = milliseconds(5), .delay_max = milliseconds(20)};
    options.keep.backoff = {.delay = milliseconds(10), .delay_max = milliseconds(100)};
    options.handle_signals = false;
    return options;
}

class App {
public:
    explicit App(const Settings& settings)
        : socket_(settings.at("socket")),
          input_(context_, dup(STDIN_FILENO)),
          client_(context_.get_executor(), options_from(settings)),
          raw_(context_.get_executor(), {.answers = true}) {
        for (const auto& uri : listed(setting(settings, "serve", ""))) {
            serve(uri);
        }
        for (const auto& uri : listed(setting(settings, "hold", ""))) {
            client_.on({request_uri, uri},
                       [this](const Message& message, const Address&, Answer answer) {
                           held_.push_back(std::move(answer));
                           say("holds ", test::describe(message));
                       });
        }
        if (!setting(settings, "grants", "").empty()) {
            test::handle(client_, {});
        }
        client_.set_peer_callbacks(test::saying_peers());
        if (!setting(settings, "peers", "").empty()) {
            client_.manage_peers(
                {.advertise_every = milliseconds(std::stoi(setting(settings, "advertise", "300"))),
                 .peer_timeout = milliseconds(std::stoi(setting(settings, "timeout", "6000")))});
        }
        for (const auto type : {request_uri, notify_uri, publish_uri}) {
            raw_.on(type, [](const Message& message) {
                say("raw heard ", test::describe(message));
                return std::optional<OwnedMessage>();
            });
        }
    }

    void run() {
        boost::asio::co_spawn(context_, work(), [](const std::exception_ptr& failure) {
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
        context_.run();
    }

private:
    void serve(const std::string& uri) {
        client_.on({request_uri, uri}, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
    }

    awaitable<void> work() {
        co_await client_.start(boost::asio::use_awaitable);
        say("ready");
        co_await test::read_commands(input_,
                                     [this](const std::string& command, std::istream& words) {
                                         return obey(command, words);
                                     });
        co_await client_.stop(milliseconds(1000), boost::asio::use_awaitable);
        say("stopped");
        context_.stop();
    }

    awaitable<void> obey(const std::string& command, std::istream& words) {
        if (command == "serve") {
            std::string uri;
            words >> uri;
            serve(uri);
            say("done");
        } else if (command == "release") {
            for (Answer& answer : held_) {
                answer("released");
            }
            held_.clear();
            say("done");
        } else if (command == "load") {
            load(words);
            say("done");
        } else if (command == "calm") {
            traffic_->calm();
            say("done");
        } else if (command == "so_far") {
            traffic_->tell("so_far");
            say("done");
        } else if (command == "raw" || command == "raw_send") {
            co_await speak_raw(command == "raw", words);
        } else if (!co_await test::obey(client_, {}, command, words)) {
            throw std::invalid_argument("no such command: " + command);
        }
    }

    // load TO URI AT_ONCE COUNT: `-` for nobody, 0 for until `calm`
    void load(std::istream& words) {
        std::string to;
        test::Traffic::Terms terms;
        words >> to >> terms.uri >> terms.at_once >> terms.count;
        if (to != "-") {
            terms.to = test::address(to);
        }
        traffic_ = std::make_shared<test::Traffic>(client_, std::move(terms));
        traffic_->start();
    }

    // raw TYPE URI TO NAME=VALUE...: on a connection without a client's manners, with the field @
    // as it is given, and a dict as its content
    awaitable<void> speak_raw(bool asks, std::istream& words) {
        std::string type;
        std::string uri;
        std::string to;
        words >> type >> uri >> to;
        Dict content;
        for (std::string word; words >> word;) {
            const auto equals = word.find('=');
            const std::string value = word.substr(equals + 1);
            const bool number = value.find_first_not_of("0123456789") == std::string::npos;
            content.set(word.substr(0, equals),
                        number ? Value(std::stoi(value)) : Value(Bytes(value)));
        }
        try {
            if (!raw_connected_) {
                co_await raw_.connect("unix:" + socket_);
                raw_.start_receive_loop();
                raw_connected_ = true;
            }
            OwnedMessage message(MessageTypes().find(type).value(), uri,
                                 *pack(Value(std::move(content))));
            if (to != "-") {
                message.auth().set("@", to);
            }
            if (asks) {
                say("answer ", test::describe(co_await raw_.exchange(
                                   std::move(message), {.timeout = std::chrono::seconds(10)})));
            } else if (const auto error = raw_.send(message)) {
                say("failed ", error.message());
            }
        } catch (const boost::system::system_error& problem) {
            say("failed ", problem.code().message());
        }
        say("done");
    }

    std::string socket_;
    boost::asio::io_context context_{1};
    boost::asio::posix::stream_descriptor input_;
    std::vector<Answer> held_;
    DaemonClient client_;
    TcpClient raw_;
    bool raw_connected_ = false;
    std::shared_ptr<test::Traffic> traffic_;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        App(test::settings_from(argc, argv)).run();
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
}

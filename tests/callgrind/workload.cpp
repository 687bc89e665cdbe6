// Fixed work whose instructions are counted: one function for each way through the library that has
// to stay cheap. Everything is prepared outside of it; what runs inside is repeated exactly.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <netaio/make.hpp>
#include <netaio/stream_cipher.hpp>
#include <netaio/tcp_server.hpp>
#include <stdexcept>
#include <string>

#include "core/deferred.hpp"
#include "core/dispatcher.hpp"
#include "core/stream.hpp"
#include "echo_node.hpp"
#include "frames.hpp"
#include "support/wire.hpp"

namespace {

using namespace netaio;
using bench::Echo;
using bench::frame_of;
using bench::Somewhere;

constexpr std::string_view uri = "echo";
constexpr std::size_t payload = 64;
constexpr int messages = 2000;
constexpr int subscribers = 100;
constexpr int notifications = 64;

void must(std::error_code error) {
    if (error) {
        throw std::system_error(error);
    }
}

void must(bool condition, const char* what) {
    if (!condition) {
        throw std::runtime_error(what);
    }
}

// A node without sockets, with twenty other routes.
struct Route {
    explicit Route(std::optional<RequestId> id = {})
        : buffer(frame_of(request(uri, std::string(payload, 'c')), id)) {
        const auto echo = std::make_shared<const Echo>();
        for (int i = 0; i < 20; ++i) {
            node.router.add({MessageType::request_uri, "route" + std::to_string(i)}, {echo, {}});
        }
        node.router.add({MessageType::request_uri, uri}, {echo, {}});
        run(1);
    }
    void run(int count) {
        for (int i = 0; i < count; ++i) {
            const auto frame = next_frame(buffer, node.types);
            dispatcher.receive(**frame, source, out);
            out.clear();
        }
    }

    std::string buffer;
    core::Node node{core::Role::server};
    core::Tallies tallies;
    core::Dispatcher dispatcher{node, tallies};
    Somewhere source;
    std::string out;
};

struct Protection {
    explicit Protection(std::size_t size) : content(size, 'c') {
        OwnedMessage message = publish(uri, content);
        protect(message);
        sealed = frame_of(message);
    }
    void protect(OwnedMessage& message) {
        must(cipher.encrypt(message.body(), message.auth(), context));
        must(auth.make(message.auth(), message.body().encoded(), context));
    }
    void protect_all(int count) {
        for (int i = 0; i < count; ++i) {
            OwnedMessage message = publish(uri, content);
            protect(message);
            out.clear();
            must(encode_message(message, out));
        }
    }
    void open_all(int count) {
        for (int i = 0; i < count; ++i) {
            out = sealed;
            const auto frame = next_frame(out, types);
            auto message = (*frame)->message();
            must(auth.check(message->auth(), message->body().encoded(), context), "not accepted");
            must(cipher.decrypt(message->body(), message->auth(), context));
        }
    }

    HmacAuth auth{{.secret = "test"}};
    Sha256StreamCipher cipher{{.key = "test"}};
    Environment environment;
    PluginContext context{.environment = environment};
    MessageTypes types;
    std::string content;
    std::string sealed;
    std::string out;
};

// A server on this thread's loop, with connections that subscribed to one key.
struct FanOut {
    using tcp = boost::asio::ip::tcp;

    FanOut() {
        server.on(MessageType::subscribe_uri, [this](const Message& wanted, Connection& from) {
            server.subscribe(wanted.uri(), from);
        });
        must(server.start());
        const std::string hello = frame_of(OwnedMessage(MessageType::subscribe_uri, uri));
        for (int i = 0; i < subscribers; ++i) {
            clients.emplace_back(context).connect({tcp::v4(), server.port()});
            boost::asio::write(clients.back(), boost::asio::buffer(hello));
        }
        while (server.subscriber_count(uri) < subscribers) {
            context.run_one();
        }
        frame_size = frame_of(message).size();
        run(1);
        receive();
    }
    ~FanOut() { server.stop(std::chrono::milliseconds(0)); }
    void run(int rounds) {
        for (int i = 0; i < rounds; ++i) {
            for (int n = 0; n < notifications; ++n) {
                must(server.notify(uri, message));
            }
            context.poll();
        }
    }
    void receive() {
        std::string arrived(frame_size * notifications, '\0');
        for (auto& client : clients) {
            boost::asio::read(client, boost::asio::buffer(arrived));
        }
    }

    boost::asio::io_context context{1};
    TcpServer server{context.get_executor(), {.port = 0}};
    std::vector<tcp::socket> clients;
    OwnedMessage message = notify(uri, std::string(payload, 'c'));
    std::size_t frame_size = 0;
};

// One end of a connection without sockets.
struct End {
    End() { stream->start(std::make_unique<core::test::WireCarrier>(wire)); }
    ~End() {
        stream->abort({});
        hub->run();
    }
    End(const End&) = delete;
    End& operator=(const End&) = delete;
    void receive(std::string& bytes) {
        stream->received(bytes);
        hub->run();
    }

    std::shared_ptr<core::test::Wire> wire = std::make_shared<core::test::Wire>();
    std::shared_ptr<core::Node> node = std::make_shared<core::Node>(core::Role::server);
    std::shared_ptr<core::test::TurnedHub> hub =
        std::make_shared<core::test::TurnedHub>(node, core::StreamLimits{.handlers_max = messages});
    std::shared_ptr<core::Stream> stream =
        std::make_shared<core::Stream>(core::Ends{}, hub, std::weak_ptr<core::StreamOwner>());
};

// What a client asks goes to a program, and what that answers back.
struct Pass {
    struct PassesOn final : core::Handler {
        explicit PassesOn(End& program) : Handler(false, true), to(program) {}
        std::optional<OwnedMessage> call(const Message& message,
                                         core::Source& source) const override {
            core::call_deferring(source.defer(), [&](Answer waits) {
                must(to.stream->pass_on(message, field, std::chrono::seconds(10), waits));
            });
            return std::nullopt;
        }
        End& to;
        AddedField field{"@", "tcp:192.0.2.1:8888"};
    };

    Pass() {
        client.node->default_route = {std::make_shared<PassesOn>(program), {}};
        for (RequestId id = 0; id < 50; ++id) {
            questions += frame_of(request(uri, std::string(payload, 'c')), id);
        }
        run(50);
    }
    void run(int count) {
        for (int i = 0; i < count; i += 50) {
            std::string asked = questions;
            client.receive(asked);
            program.hub->run();
            std::string answers;
            std::span<char> rest(program.wire->sent);
            while (!rest.empty()) {
                const auto frame = next_frame(rest, types);
                must(encode_message(reply, answers, (*frame)->request_id()));
                rest = rest.subspan((*frame)->header.frame_size());
            }
            program.wire->sent.clear();
            program.receive(answers);
            client.hub->run();
            answered += client.wire->sent.size();
            client.wire->sent.clear();
        }
    }

    MessageTypes types;
    OwnedMessage reply = respond(uri, std::string(payload, 'c'));
    std::string questions;
    End program;
    End client;
    std::size_t answered = 0;
};

}  // namespace

// What callgrind counts; visible by these names.
extern "C" {
[[gnu::noinline]] void counted_route(Route& route) {
    route.run(messages);
}
[[gnu::noinline]] void counted_protect(Protection& protection, int count) {
    protection.protect_all(count);
}
[[gnu::noinline]] void counted_open(Protection& protection, int count) {
    protection.open_all(count);
}
[[gnu::noinline]] void counted_fan_out(FanOut& fan_out) {
    fan_out.run(1);
}
[[gnu::noinline]] void counted_pass(Pass& pass) {
    pass.run(messages);
}
}

int main(int argc, char** argv) {
    const std::string what = argc == 2 ? argv[1] : "";
    if (what == "route" || what == "route_id") {
        Route route(what == "route" ? std::nullopt : std::optional<RequestId>(7));
        counted_route(route);
        must(route.tallies.frames_out.get() == messages + 1, "not every frame was answered");
    } else if (what == "protect") {
        Protection protection(payload);
        counted_protect(protection, messages);
    } else if (what == "open") {
        Protection protection(payload);
        counted_open(protection, messages);
    } else if (what == "protect_long") {
        Protection protection(16 * 1024);
        counted_protect(protection, messages / 50);
    } else if (what == "open_long") {
        Protection protection(16 * 1024);
        counted_open(protection, messages / 50);
    } else if (what == "fan_out") {
        FanOut fan_out;
        counted_fan_out(fan_out);
        fan_out.receive();
        must(fan_out.server.counters().dropped_oldest == 0, "notifications were dropped");
    } else if (what == "pass") {
        Pass pass;
        counted_pass(pass);
        const std::size_t each = frame_of(pass.reply, RequestId(1)).size();
        must(pass.answered == (messages + 50) * each, "not every question was answered");
    } else {
        std::fprintf(stderr,
                     "usage: workload "
                     "route|route_id|protect|open|protect_long|open_long|fan_out|pass\n");
        return 2;
    }
}

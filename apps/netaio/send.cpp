#include "send.hpp"

#include <algorithm>

#include "awaiting.hpp"
#include "endpoint.hpp"
#include "exit_code.hpp"
#include "input.hpp"
#include "json.hpp"
#include "live_node.hpp"
#include "output.hpp"
#include "session.hpp"
#include "type_name.hpp"

namespace netaio::app {
namespace {

struct SendCommand {
    NodeOptions node;
    std::string to;  // empty for the group
    std::string uri;
    std::string content;
    std::string type = "notify";
};

// How long it may take until it is known how to speak to somebody.
constexpr std::chrono::seconds decided_within(8);

void check_sent(std::error_code error, const UdpNode& node, const StopReport& report,
                const std::string& to) {
    if (error) {
        throw Failure(exit_code(error), "not sent to " + to + ": " + error.message());
    }
    if (report.bytes_discarded > 0) {
        throw Failure(ExitCode::timeout,
                      "not sent to " + to +
                          ": nobody answered there to have a session; check the address, or do "
                          "without by --session off");
    }
    if (node.counters().sessions_refused > 0 && node.counters().sessions == 0) {
        throw Failure(ExitCode::authentication,
                      "not sent to " + to +
                          ": there was no session; somebody may be in between, the secrets may "
                          "differ, or it may not admit this key: see why with --log-level debug");
    }
    if (node.counters().bytes_out == 0) {
        throw Failure(ExitCode::cannot_connect,
                      "not sent to " + to +
                          ": the system refused it; check that there is a way to it (netaio "
                          "interfaces), or see why with --log-level debug");
    }
}

void show_sent(const SendCommand& options, const std::string& to, const Message& message) {
    if (!options.node.json) return;
    Json object;
    object["to"] = to;
    object.update(message_json(message));
    write_line(json_text(object));
}

std::error_code send_to_group(UdpNode& node, const Message& message, const Plugins& inner) {
    const auto interfaces = node.interfaces();
    if (std::ranges::none_of(interfaces, &InterfaceChoice::used)) {
        throw Failure(ExitCode::cannot_connect,
                      "there is no interface to multicast on; netaio interfaces shows why");
    }
    return node.multicast(message, {.plugins = inner});
}

awaitable<void> send(const SendCommand& options, const Protection& protection,
                     const Message& message) {
    const bool to_group = options.to.empty();
    Address to;
    if (!to_group) {
        const Endpoint endpoint = parse_endpoint(options.to);
        require_datagrams_reach(endpoint);
        to = co_await resolve_soon(endpoint);
    }
    UdpNodeOptions node_options = make_node_options(options.node, protection);
    MessageTypes& types = node_options.types;
    if (!types.contains(message.type())) types.add(type_name(message.type()), message.type());
    UdpNode node(node_options);
    const auto [failed, port] = co_await node.start(as_tuple);
    if (failed) cannot_start(failed, options.node);
    const std::error_code error = to_group ? send_to_group(node, message, protection.inner)
                                           : node.send(to, message, {.plugins = protection.inner});
    const auto [ignored, report] = co_await node.stop(decided_within, as_tuple);
    const std::string where = to_group ? "the group" : to.str();
    check_sent(error, node, report, where);
    show_sent(options, to_group ? "group" : to.str(), message);
}

int send(const SendCommand& options) {
    const Protection protection = make_protection(options.node.protection);
    const MessageType type = parse_type(options.type);
    const std::string content = read_content(options.content, options.uri, protection.payload_max);
    const OwnedMessage message(type, options.uri, content);
    return run_session([&] { return send(options, protection, message); });
}

}  // namespace

void add_send_commands(CLI::App& app, std::function<int()>& chosen) {
    const auto add = [&](const char* name, const char* text) {
        CLI::App* command = app.add_subcommand(name, text);
        const auto options = std::make_shared<SendCommand>();
        const bool to_group = std::string_view(name) == "multicast";
        if (!to_group) {
            options->node.port = 0;
            command->add_option("ADDRESS", options->to, "a node, as HOST:PORT")
                ->type_name("")
                ->required();
        } else {
            add_network_options(*command, options->node);
        }
        command->add_option("URI", options->uri, "what it is about")->type_name("")->required();
        command
            ->add_option("CONTENT", options->content,
                         "the text itself, @FILE, or - for standard input")
            ->type_name("");
        command
            ->add_option("--type", options->type,
                         "the message's type: a name such as notify or publish, or a number")
            ->type_name("TYPE")
            ->capture_default_str();
        add_common_options(*command, options->node);
        if (!to_group) add_node_session_options(*command, options->node, SessionEnd::client);
        command->callback([&chosen, options] { chosen = [options] { return send(*options); }; });
    };
    add("send", "Send a node one message, without waiting for an answer");
    add("multicast", "Send all nodes of the network one message");
}

}  // namespace netaio::app

#include "node.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <netaio/line_queue.hpp>
#include <netaio/make.hpp>

#include "descriptor.hpp"
#include "exit_code.hpp"
#include "json.hpp"
#include "live_node.hpp"
#include "logging.hpp"
#include "node_port.hpp"
#include "output.hpp"
#include "peer_view.hpp"
#include "resource_server.hpp"
#include "rules.hpp"
#include "text.hpp"
#include "traffic.hpp"
#include "type_name.hpp"

namespace netaio::app {
namespace {

struct NodeCommand {
    NodeOptions node;
    std::string store;
    std::string rules;
    bool read_only = false;
};

// What serves the store of a node.
class ServedStore {
public:
    ServedStore(Store& store, const NodeCommand& command, const Protection& protection,
                UdpNode& node)
        : writes_(store),
          resources_(node, writes_,
                     {.protection = protection,
                      .read_only = command.read_only,
                      .log = make_log(command.node.log_level)}) {}

    /// Replaces the inner layer of what it answers and tells.
    void use(const Plugins& inner) { resources_.use(inner); }
    /// Keeps what was asked for until now. To be called while the event loop is there.
    void close() { writes_.close(); }

private:
    WriteQueue writes_;
    ResourceServer resources_;
};

// What a node prints. It does not wait for whoever reads that, as others wait for the node.
class NodeOutput {
public:
    explicit NodeOutput(LiveNode& live)
        : lines_({.write = [](std::string_view text) { return write_all(STDOUT_FILENO, text); },
                  .tell_left_out =
                      [](std::uint64_t left_out) {
                          announce(std::to_string(left_out) +
                                   " lines of standard output were left out, as nobody read it");
                          return std::string();
                      },
                  .failed =
                      [&live](int error) {
                          boost::asio::post(live.io(), [&live, error] {
                              live.guarded([error] { cannot_print(error); });
                          });
                      }}) {}

    void line(std::string text) { lines_.write(text += '\n'); }
    /// Throws Failure when something could not be written.
    void finish() {
        if (const int error = lines_.finish(std::chrono::seconds(1))) cannot_print(error);
    }

private:
    [[noreturn]] static void cannot_print(int error) {
        throw Failure(ExitCode::other,
                      std::string("cannot write to standard output: ") + std::strerror(error));
    }

    LineQueue lines_;
};

void show_message(const Message& message, const Address& from, bool json, NodeOutput& output) {
    if (json) {
        Json object;
        object["event"] = "message";
        object["from"] = from.str();
        object.update(message_json(message));
        output.line(json_text(object));
    } else {
        output.line(type_name(message.type()) + " from " + from.str() + ": " +
                    printable(message.uri()) + "\t" + printable(message.content()));
    }
}

std::vector<std::string> used_interfaces(const UdpNode& node) {
    std::vector<std::string> names;
    for (const InterfaceChoice& choice : node.interfaces()) {
        if (choice.used) names.push_back(choice.interface.name);
    }
    return names;
}

// Names are bytes, as the system has them.
void put_names(Json& object, const std::vector<std::string>& interfaces) {
    object["interfaces"] = Json::array();
    for (const std::string& name : interfaces) {
        if (is_utf8(name)) {
            object["interfaces"].push_back(name);
        } else {
            object["interfaces_base64"].push_back(base64(name));
        }
    }
}

void say_start(const UdpNode& node, const Peer& self, const NodeOptions& options,
               NodeOutput& output) {
    std::vector<std::string> places;
    for (const Address& place : node.endpoints()) places.push_back(place.str());
    const auto interfaces = used_interfaces(node);
    if (options.json) {
        Json object;
        object["event"] = "started";
        put_bytes(object, "id", "id_base64", self.id);
        object["listening"] = places;
        put_names(object, interfaces);
        output.line(json_text(object));
    } else {
        for (const std::string& place : places) output.line("listening on " + place);
        std::string names;
        for (const std::string& name : interfaces)
            names += (names.empty() ? "" : ", ") + printable(name);
        output.line("node " + printable(self.id) + " on " +
                    (names.empty() ? "no interface" : names));
    }
    const std::string other_port = other_port_text(options.port, node.endpoints());
    if (!other_port.empty()) say("netaio: " + other_port);
}

void warn_if_open(const NodeCommand& command) {
    const ProtectionOptions& protection = command.node.protection;
    if (!command.store.empty() && !authenticates(protection)) {
        warn(std::string("whoever reaches this node may read") +
             (command.read_only ? "" : " and change") + " the resources; add --hmac");
    }
}

void handle_messages(LiveNode& live, NodeOutput& output, const Plugins& inner, bool json) {
    live.node().on({MessageType::request_uri, "echo"}, inner,
                   [](const Message& asked) { return respond(asked.uri(), asked.content()); });
    live.node().on(MessageType::notify_uri, inner,
                   [&live, &output, json](const Message& message, const Address& from) {
                       live.guarded([&] { show_message(message, from, json, output); });
                   });
}

void show_peers(LiveNode& live, NodeOutput& output, bool json) {
    live.show_peers([&output, json](std::string_view event, const Peer& peer) {
        output.line(json ? peer_json(event, peer) : peer_line(event, peer));
    });
}

// Others know a node by the seed that it keeps. Who must not write has one of its own.
NodeOptions with_kept_seed(const NodeCommand& command) {
    NodeOptions options = command.node;
    if (!command.read_only && !command.store.empty() && command.store != ":memory:") {
        options.kept_seed = command.store + ".seed";
    }
    return options;
}

int run_node(const NodeCommand& command) {
    const NodeOptions options = with_kept_seed(command);
    const ProtectionTerms terms{
        .stamps = Stamps::both,
        .seen = make_lasting_seen(options.protection, command.read_only ? "" : command.store,
                                  make_log(options.log_level))};
    const Protection protection = make_protection(options.protection, terms);
    warn_if_open(command);
    std::optional<Store> store;
    if (!command.store.empty()) {
        store.emplace(StoreOptions{.path = command.store,
                                   .read_only = command.read_only,
                                   .log = make_log(options.log_level)});
    }
    LiveNode live(options, protection, SignalsOf::service);
    if (!command.rules.empty()) {
        live.node().set_rules(load_rules(command.rules));
        live.on_hangup([&] {
            reload_rules(command.rules,
                         [&](auto rules) { live.node().set_rules(std::move(rules)); });
        });
    }
    NodeOutput output(live);
    std::optional<ServedStore> served;
    if (store) served.emplace(*store, command, protection, live.node());
    handle_messages(live, output, protection.inner, options.json);
    show_peers(live, output, options.json);
    if (reads_secrets(options.protection)) {
        live.on_hangup([&] {
            remake_protection(options.protection, terms, protection, [&](const Protection& made) {
                live.node().set_plugins(made.outer);
                if (served) served->use(made.inner);
                handle_messages(live, output, made.inner, options.json);
            });
        });
    }

    live.run([&] {
        if (!live.key_text().empty()) announce(live.key_text());
        say_start(live.node(), live.local_peer(), options, output);
    });
    if (served) served->close();
    say("stopped: " + traffic(live.node().counters()));
    output.finish();
    return static_cast<int>(ExitCode::done);
}

}  // namespace

void add_node_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command = app.add_subcommand(
        "node", "Join the nodes of the network: show peers and messages, answer 'echo'");
    const auto options = std::make_shared<NodeCommand>();
    options->node.log_level = "warning";
    add_network_options(*command, options->node);
    auto* store = command->add_option("--store", options->store,
                                      "serve the resources of this database, made when missing, "
                                      "or :memory:");
    store->type_name("FILE");
    command->add_flag("--read-only", options->read_only, "refuse to create, update and delete")
        ->needs(store);
    add_rules_option(*command, options->rules);
    add_peer_options(*command, options->node);
    add_common_options(*command, options->node);
    add_mark_option(*command, options->node.protection.freshness);
    add_node_session_options(*command, options->node, SessionEnd::node);
    command->callback([&chosen, options] { chosen = [options] { return run_node(*options); }; });
}

}  // namespace netaio::app

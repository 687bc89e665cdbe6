#include "show_interfaces.hpp"

#include <algorithm>
#include <netaio/interfaces.hpp>

#include "exit_code.hpp"
#include "json.hpp"
#include "output.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

struct InterfacesOptions {
    std::vector<std::string> wanted;
    bool json = false;
};

std::string addresses_text(const Interface& interface) {
    std::string text;
    for (const Address& address : interface.addresses) {
        text += (text.empty() ? "" : ", ") + address.host();
    }
    return text.empty() ? "-" : text;
}

std::string json_line(const InterfaceChoice& choice) {
    const Interface& one = choice.interface;
    Json addresses = Json::array();
    for (const Address& address : one.addresses) addresses.push_back(address.host());
    Json object;
    put_bytes(object, "name", "name_base64", one.name);
    object.update({{"index", one.index},
                   {"used", choice.used},
                   {"why", choice.why},
                   {"up", one.up},
                   {"multicast", one.multicast},
                   {"loopback", one.loopback},
                   {"addresses", addresses}});
    return json_text(object);
}

void show_table(const std::vector<InterfaceChoice>& choices) {
    const auto column = [](std::string text, std::size_t width) {
        text.resize(std::max(width, text.size()) + 2, ' ');
        return text;
    };
    std::size_t name = 4;
    std::size_t why = 3;
    for (const InterfaceChoice& choice : choices) {
        name = std::max(name, printable(choice.interface.name).size());
        why = std::max(why, choice.why.size());
    }
    write_line(column("NAME", name) + "USED  " + column("WHY", why) + "ADDRESSES");
    for (const InterfaceChoice& choice : choices) {
        write_line(column(printable(choice.interface.name), name) +
                   (choice.used ? "yes   " : "no    ") + column(choice.why, why) +
                   addresses_text(choice.interface));
    }
}

int show(const InterfacesOptions& options) {
    auto there_are = list_interfaces();
    if (!there_are) {
        throw Failure(ExitCode::other,
                      "cannot list the interfaces: " + there_are.error().message());
    }
    const auto choices = choose_interfaces(std::move(*there_are), options.wanted);
    if (options.json) {
        for (const InterfaceChoice& choice : choices) write_line(json_line(choice));
    } else {
        show_table(choices);
    }
    return static_cast<int>(ExitCode::done);
}

}  // namespace

void add_interfaces_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command =
        app.add_subcommand("interfaces", "Show which interfaces a node would use, and why");
    const auto options = std::make_shared<InterfacesOptions>();
    add_list(*command, "--interface", options->wanted,
             "as if a node had been given this name or address; may be repeated")
        ->type_name("NAME");
    command->add_flag("--json", options->json, "print one JSON object a line");
    command->callback([&chosen, options] { chosen = [options] { return show(*options); }; });
}

}  // namespace netaio::app

#include "subscribe.hpp"

#include <iostream>

#include "session.hpp"
#include "subscription.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

void note_if_pattern(const std::string& uri) {
    if (uri.find('*') == std::string::npos) return;
    std::cerr << "netaio: note: there are no patterns: '" << printable(uri)
              << "' is the one resource of that name; --prefix names all that begin so\n";
}

int subscribe(const SubscribeOptions& options) {
    for (const std::string& uri : options.uris) {
        if (!options.prefix) note_if_pattern(uri);
    }
    const Protection protection = make_protection(options.client.protection);
    return run_session([&]() -> awaitable<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        Subscription subscription(options, protection, executor);
        co_await subscription.run([&](const Message& notification) {
            show_notification(notification, options.client.output);
        });
    });
}

}  // namespace

void add_subscribe_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command = app.add_subcommand("subscribe", "Print the notifications of resources");
    const auto options = std::make_shared<SubscribeOptions>();
    add_rest(*command, "URI", options->uris, "the resources")->type_name("")->required();
    command->add_flag("--prefix", options->prefix, "all resources whose uris begin so");
    auto* present =
        command->add_flag("--present", options->present, "print what they contain now, too");
    command->add_option("--count", options->count, "end after so many; 0: never")
        ->type_name("N")
        ->check(whole_number(0, UINT64_MAX))
        ->capture_default_str();
    command
        ->add_option("-o", options->client.output.file,
                     "write the content of the latest notification there")
        ->type_name("FILE");
    add_client_options(*command, options->client);
    present->excludes(command->get_option("--udp"));  // nodes give no present values
    command->callback([&chosen, command, options] {
        options->bounded_wait = command->count("--timeout") > 0;
        chosen = [options] { return subscribe(*options); };
    });
}

void add_list_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command =
        app.add_subcommand("list", "Print the resources whose uris begin so, and their content");
    const auto options = std::make_shared<SubscribeOptions>();
    options->prefix = options->present = options->list = true;
    options->bounded_wait = true;
    options->uris.emplace_back();
    command->add_option("PREFIX", options->uris.front(), "the beginning of their uris; all without")
        ->type_name("");
    add_client_options(*command, options->client, Asks::servers);
    command->callback([&chosen, options] { chosen = [options] { return subscribe(*options); }; });
}

}  // namespace netaio::app

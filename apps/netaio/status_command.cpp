#include "status_command.hpp"

#include "asking.hpp"
#include "daemon_view.hpp"
#include "output.hpp"
#include "session.hpp"

namespace netaio::app {
namespace {

constexpr std::string_view status_uri = "netaiod/status";

int show_status(const ClientOptions& options) {
    return ask(options, {}, [&](const OwnedMessage* answer) -> std::optional<Question> {
        if (!answer) return Question{MessageType::request_uri, status_uri, {}};
        throw_if_error(*answer, status_uri);
        const Json status = daemon_object(answer->content());
        write_text(options.output.json ? json_text(status) + "\n" : status_text(status));
        return std::nullopt;
    });
}

}  // namespace

void add_status_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command =
        app.add_subcommand("status", "Show what the netaiod of this machine does, and for whom");
    const auto options = std::make_shared<ClientOptions>();
    add_daemon_options(*command, *options);
    command->callback([&chosen, options] { chosen = [options] { return show_status(*options); }; });
}

}  // namespace netaio::app

#include "exchange.hpp"

#include "asking.hpp"
#include "input.hpp"
#include "session.hpp"

namespace netaio::app {
namespace {

struct ExchangeOptions {
    ClientOptions client;
    MessageType type = MessageType::request_uri;
    std::string uri;
    std::string content;
    bool keep = false;  // as the resource, which may be there or not
};

// Of `put`: what follows the answer to the one or the other. Who else does the same may come first,
// or take it away in between.
class Put {
public:
    static constexpr MessageType first = MessageType::update_uri;

    std::optional<MessageType> after(MessageType answer) {
        if (asked_ == MessageType::update_uri && answer == MessageType::not_found) {
            return asked_ = MessageType::create_uri;
        }
        if (asked_ == MessageType::create_uri && answer == MessageType::error && ++tries_ < 3) {
            return asked_ = MessageType::update_uri;
        }
        return std::nullopt;
    }

private:
    MessageType asked_ = first;
    int tries_ = 0;
};

void show(const OwnedMessage& answer, const ExchangeOptions& options) {
    try {
        throw_if_error(answer, options.uri);
    } catch (...) {
        // Whoever reads objects is to find the refusal among them.
        if (options.client.output.json) write_line(json_line(answer));
        throw;
    }
    show_answer(answer, options.client.output);
}

int exchange(const ExchangeOptions& options) {
    const Protection protection = make_protection(options.client.protection);
    const std::string content = read_content(options.content, options.uri, protection.payload_max);
    Put put;
    return ask(
        options.client, protection, [&](const OwnedMessage* answer) -> std::optional<Question> {
            if (!answer) {
                return Question{options.keep ? Put::first : options.type, options.uri, content};
            }
            const auto next = options.keep ? put.after(answer->type()) : std::nullopt;
            if (next) return Question{*next, options.uri, content};
            show(*answer, options);
            return std::nullopt;
        });
}

}  // namespace

void add_exchange_commands(CLI::App& app, std::function<int()>& chosen) {
    const auto add = [&](const char* name, MessageType type, const char* text) {
        CLI::App* command = app.add_subcommand(name, text);
        const auto options = std::make_shared<ExchangeOptions>();
        options->type = type;
        command->add_option("URI", options->uri, "the resource")->type_name("")->required();
        auto* content = command->add_option("CONTENT", options->content,
                                            "the text itself, @FILE, or - for standard input");
        content->type_name("")->required(type == MessageType::publish_uri);
        if (type == MessageType::publish_uri) {
            command->add_flag("--retain", options->keep,
                              "keep it as the content of the resource, for those who come later");
        }
        options->keep = std::string_view(name) == "put";
        command->add_option("-o", options->client.output.file, "write the answer's content there")
            ->type_name("FILE");
        add_client_options(*command, options->client);
        command->callback(
            [&chosen, options] { chosen = [options] { return exchange(*options); }; });
    };
    add("request", MessageType::request_uri, "Ask for a resource and print its content");
    add("create", MessageType::create_uri, "Create a resource");
    add("update", MessageType::update_uri, "Replace the content of a resource");
    add("put", MessageType::update_uri, "Create a resource, or replace its content");
    add("delete", MessageType::delete_uri, "Delete a resource");
    add("publish", MessageType::publish_uri, "Send content to the subscribers of a uri");
}

}  // namespace netaio::app

#include "rules_command.hpp"

#include "exit_code.hpp"
#include "json.hpp"
#include "output.hpp"
#include "rules.hpp"
#include "type_name.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

struct RulesCommand {
    std::string file;
    std::vector<std::string> who;
    std::string type;
    std::string uri;
    bool json = false;
};

// Who is named without a kind has a secret of that name.
Identities identities(const std::vector<std::string>& names) {
    std::vector<Identity> all;
    for (const std::string& name : names) {
        const std::size_t colon = name.find(':');
        if (colon == std::string::npos) {
            all.push_back({"hmac", name});
        } else {
            all.push_back({name.substr(0, colon), name.substr(colon + 1)});
        }
    }
    return Identities(std::move(all));
}

std::string decision_text(const AccessDecision& decision) {
    return std::string(decision.allowed() ? "allowed" : "denied") +
           (decision.rule ? " by " + decision.str() : ": no rule matches");
}

std::string decision_json(const AccessDecision& decision) {
    Json object;
    object["allowed"] = decision.allowed();
    object["line"] = decision.rule ? Json(decision.rule->line) : Json(nullptr);
    return json_text(object);
}

int check_rules(const RulesCommand& command) {
    const auto rules = load_rules(command.file);
    if (command.type.empty()) {
        if (!command.who.empty()) {
            throw Failure(ExitCode::usage, "--who needs TYPE and URI to ask about");
        }
        if (command.json) {
            Json object;
            object["rules"] = rules->rules().size();
            object["default"] = rules->otherwise() == Access::allow ? "allow" : "deny";
            write_line(json_text(object));
        } else {
            write_line(rule_count(*rules) + ", default " +
                       (rules->otherwise() == Access::allow ? "allow" : "deny"));
        }
        return static_cast<int>(ExitCode::done);
    }
    const auto decision =
        rules->decide(identities(command.who), parse_type(command.type), command.uri);
    write_line(command.json ? decision_json(decision) : decision_text(decision));
    return static_cast<int>(decision.allowed() ? ExitCode::done : ExitCode::other);
}

}  // namespace

void add_rules_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* rules = app.add_subcommand("rules", "Check the rules of who may do what");
    rules->require_subcommand(1);
    CLI::App* check = rules->add_subcommand(
        "check", "Tell whether a file is sound, or what it says of a message");
    const auto options = std::make_shared<RulesCommand>();
    check->add_option("FILE", options->file, "the rules")->type_name("")->required();
    auto* type = check->add_option("TYPE", options->type, "a message type, such as request");
    type->type_name("");
    auto* uri = check->add_option("URI", options->uri, "what it is about");
    uri->type_name("");
    type->needs(uri);
    add_list(*check, "--who", options->who,
             "whose it is, such as hmac:alice, or alice for that; may be repeated; else nobody's")
        ->type_name("NAME");
    check->add_flag("--json", options->json, "print JSON");
    check->callback([&chosen, options] { chosen = [options] { return check_rules(*options); }; });
}

}  // namespace netaio::app

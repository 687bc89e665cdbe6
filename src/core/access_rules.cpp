#include <netaio/access_rules.hpp>

#include "meaning.hpp"
#include "rule_index.hpp"

namespace netaio {

std::string AccessDecision::str() const {
    if (!rule) {
        return "no rule";
    }
    return rule->line > 0 ? "line " + std::to_string(rule->line) : "rule " + std::to_string(number);
}

AccessRules::AccessRules(std::vector<AccessRule> rules, AccessRulesOptions options)
    : index_(std::make_shared<const core::RuleIndex>(std::move(rules), std::move(options))) {}

AccessDecision AccessRules::decide(const Identities& who, MessageType type, ByteView uri) const {
    return index_->decide(*index_->classify(who), type, uri);
}

bool AccessRules::covers(MessageType type) noexcept {
    switch (type) {
        case MessageType::advertise_peer:
        case MessageType::peer_discovered:
        case MessageType::disconnect: return false;
        default: return !core::is_answer(type);
    }
}

const std::vector<AccessRule>& AccessRules::rules() const noexcept {
    return index_->rules();
}

Access AccessRules::otherwise() const noexcept {
    return index_->otherwise();
}

std::vector<MessageType> reading() {
    return {request_uri, subscribe_uri, unsubscribe_uri};
}

std::vector<MessageType> writing() {
    return {create_uri, update_uri, delete_uri, publish_uri};
}

std::vector<MessageType> introducing() {
    return {MessageType::advertise_peer, MessageType::peer_discovered, MessageType::disconnect};
}

}  // namespace netaio

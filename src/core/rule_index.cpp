#include "rule_index.hpp"

#include <algorithm>

#include "meaning.hpp"
#include "plugins/named_keys.hpp"
#include "wire/keyed_hash.hpp"

namespace netaio::core {
namespace {

bool is_about(const AccessRule& rule, MessageType type) noexcept {
    return rule.types.empty() ? AccessRules::covers(type)
                              : std::ranges::find(rule.types, type) != rule.types.end();
}

std::string said_of(const AccessRule& rule, std::size_t index) {
    return rule.line > 0 ? "the rule of line " + std::to_string(rule.line)
                         : "rule " + std::to_string(index + 1);
}

}  // namespace

RuleIndex::RuleIndex(std::vector<AccessRule> rules, AccessRulesOptions options)
    : rules_(std::move(rules)), options_(std::move(options)) {
    if (rules_.size() >= RuleTrie::none) {
        throw std::invalid_argument("there are too many rules");
    }
    for (const auto& [name, patterns] : options_.groups) {
        for (const std::string& text : patterns) {
            const WhoPattern checked(text);
        }
    }
    std::map<std::vector<std::string>, Set> known;
    for (const AccessRule& rule : rules_) {
        add_patterns(rule, known);
    }
    tell_types_apart();
}

void RuleIndex::add_patterns(const AccessRule& rule,
                             std::map<std::vector<std::string>, Set>& known) {
    const std::size_t index = set_of_rule_.size();
    if (rule.who.empty()) {
        throw std::invalid_argument(said_of(rule, index) +
                                    " says not whose messages it is about: name somebody, or '*'");
    }
    std::vector<std::string> patterns;
    for (const std::string& text : rule.who) {
        if (!text.starts_with('@')) {
            patterns.push_back(text);
            continue;
        }
        const auto group = options_.groups.find(text.substr(1));
        if (group == options_.groups.end()) {
            throw std::invalid_argument(said_of(rule, index) + " names the group '" +
                                        text.substr(1) + "', which there is not");
        }
        patterns.insert(patterns.end(), group->second.begin(), group->second.end());
    }
    std::ranges::sort(patterns);
    patterns.erase(std::ranges::unique(patterns).begin(), patterns.end());
    const auto [at, is_new] = known.try_emplace(patterns, sets_);
    if (is_new) {
        ++sets_;
        for (const std::string& text : patterns) {
            add_pattern(text, at->second);
        }
    }
    set_of_rule_.push_back(at->second);
}

void RuleIndex::add_pattern(const std::string& text, Set set) {
    WhoPattern pattern(text);
    if (pattern.is_literal()) {
        literals_[text].push_back(set);
        return;
    }
    const auto known =
        std::ranges::find_if(globs_, [&](const auto& glob) { return glob.first.text() == text; });
    if (known == globs_.end()) {
        globs_.push_back({std::move(pattern), {set}});
    } else {
        known->second.push_back(set);
    }
}

// Types that the same rules are about share a column: there are few, however many rules.
void RuleIndex::tell_types_apart() {
    const auto split = [this](auto&& belongs) {
        std::map<std::pair<std::uint8_t, bool>, std::uint8_t> renamed;
        for (std::size_t type = 0; type < column_of_.size(); ++type) {
            const std::pair key(column_of_[type], belongs(static_cast<MessageType>(type)));
            const auto next = static_cast<std::uint8_t>(renamed.size());
            column_of_[type] = renamed.try_emplace(key, next).first->second;
        }
    };
    split(&AccessRules::covers);
    std::vector<std::vector<MessageType>> lists;
    for (const AccessRule& rule : rules_) {
        lists.push_back(rule.types);
    }
    std::ranges::sort(lists);
    lists.erase(std::ranges::unique(lists).begin(), lists.end());
    for (const auto& list : lists) {
        split([&](MessageType type) { return std::ranges::find(list, type) != list.end(); });
    }
    for (std::size_t type = 0; type < column_of_.size(); ++type) {
        if (column_of_[type] == columns_.size()) {
            columns_.push_back(static_cast<MessageType>(type));
        }
    }
}

RuleClass::Member RuleIndex::sets_of(const Identities& who) const {
    RuleClass::Member member(sets_);
    const auto add = [&](const std::vector<Set>& sets) {
        for (const Set set : sets) {
            member.set(set);
        }
    };
    const auto look_up = [&](std::string_view text, bool has_kind) {
        const auto found = literals_.find(text);
        // What a name with a colon says is no pattern of names.
        if (found != literals_.end() && has_kind == (text.find(':') != text.npos)) {
            add(found->second);
        }
    };
    for (const Identity& one : who) {
        if (one.kind == plugins::secret_kind) {
            look_up(one.name, false);
        }
        look_up(one.str(), true);
    }
    for (const auto& [pattern, sets] : globs_) {
        if (pattern.matches(who)) {
            add(sets);
        }
    }
    return member;
}

std::size_t RuleIndex::Hash::operator()(const RuleClass::Member& member) const {
    std::vector<RuleClass::Member::block_type> blocks(member.num_blocks());
    boost::to_block_range(member, blocks.begin());
    return wire::keyed_hash(std::string_view(reinterpret_cast<const char*>(blocks.data()),
                                             blocks.size() * sizeof(blocks.front())));
}

std::shared_ptr<const RuleClass> RuleIndex::classify(const Identities& who) const {
    const auto member = sets_of(who);
    const std::lock_guard lock(mutex_);
    if (const auto found = classes_.find(member); found != classes_.end()) {
        return found->second;
    }
    auto made = std::make_shared<const RuleClass>(*this, member);
    if (classes_.size() >= classes_max) {
        classes_.clear();
    }
    return classes_.emplace(member, std::move(made)).first->second;
}

AccessDecision RuleIndex::decide(const RuleClass& of, MessageType type,
                                 ByteView uri) const noexcept {
    const auto number = of.find(type, uri);
    if (number != RuleTrie::none) {
        return {rules_[number].access, &rules_[number], number + std::size_t{1}};
    }
    const bool passes = !AccessRules::covers(type) ||
                        (type == MessageType::request_uri && uri == ByteView(alive_uri));
    return {passes ? Access::allow : options_.otherwise};
}

RuleClass::RuleClass(const RuleIndex& index, const Member& member) : column_of_(index.column_of_) {
    for (const MessageType type : index.columns_) {
        RuleTrie::Uris uris;
        const auto first = [](RuleTrie::Number& number, RuleTrie::Number candidate) {
            number = std::min(number, candidate);
        };
        for (std::size_t i = 0; i < index.rules_.size(); ++i) {
            const AccessRule& rule = index.rules_[i];
            if (!member.test(index.set_of_rule_[i]) || !is_about(rule, type)) {
                continue;
            }
            const auto number = static_cast<RuleTrie::Number>(i);
            if (rule.uris.empty() && rule.prefixes.empty()) {
                first(uris[""].within, number);
            }
            for (const std::string& uri : rule.uris) {
                first(uris[uri].exact, number);
            }
            for (const std::string& prefix : rule.prefixes) {
                first(uris[prefix].within, number);
            }
        }
        columns_.emplace_back(uris);
    }
}

RuleTrie::Number RuleClass::find(MessageType type, ByteView uri) const noexcept {
    return columns_[column_of_[static_cast<std::size_t>(type)]].find(uri);
}

}  // namespace netaio::core

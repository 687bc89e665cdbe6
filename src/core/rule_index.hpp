#pragma once

#include <array>
#include <boost/dynamic_bitset.hpp>
#include <memory>
#include <mutex>
#include <netaio/access_rules.hpp>
#include <unordered_map>

#include "rule_trie.hpp"
#include "who_pattern.hpp"

namespace netaio::core {

class RuleIndex;

/// What the rules say to all for whom the same ones hold. Immutable.
class RuleClass {
public:
    using Member = boost::dynamic_bitset<>;

    /// `member` says to which of the index's sets of patterns they belong.
    RuleClass(const RuleIndex& index, const Member& member);

    /// The number of the first rule that matches, or RuleTrie::none.
    RuleTrie::Number find(MessageType type, ByteView uri) const noexcept;

private:
    const std::array<std::uint8_t, 256> column_of_;
    std::vector<RuleTrie> columns_;  // for types that the same rules are about
};

/// Rules, and ways to find the first that matches without looking at all of them: who a message is
/// from says which class it belongs to, of which there are few; there, its type says which tree of
/// uris it is looked up in. Thread-safe.
class RuleIndex {
public:
    /// Throws as AccessRules.
    RuleIndex(std::vector<AccessRule> rules, AccessRulesOptions options);
    RuleIndex(const RuleIndex&) = delete;
    RuleIndex& operator=(const RuleIndex&) = delete;

    /// The class of somebody; takes as long as patterns with stars are many.
    std::shared_ptr<const RuleClass> classify(const Identities& who) const;
    /// What the rules say to a class.
    AccessDecision decide(const RuleClass& of, MessageType type, ByteView uri) const noexcept;

    const std::vector<AccessRule>& rules() const noexcept { return rules_; }
    Access otherwise() const noexcept { return options_.otherwise; }

private:
    friend class RuleClass;

    // Classes that are kept for whoever comes next.
    static constexpr std::size_t classes_max = 1024;

    struct Hash {
        std::size_t operator()(const RuleClass::Member& member) const;
    };
    using Set = std::size_t;

    void add_patterns(const AccessRule& rule, std::map<std::vector<std::string>, Set>& known);
    void add_pattern(const std::string& text, Set set);
    void tell_types_apart();
    RuleClass::Member sets_of(const Identities& who) const;

    std::vector<AccessRule> rules_;
    AccessRulesOptions options_;
    std::vector<Set> set_of_rule_;
    std::size_t sets_ = 0;
    // Which sets a pattern is in: those that are a name alone, and the others.
    std::map<std::string, std::vector<Set>, std::less<>> literals_;
    std::vector<std::pair<WhoPattern, std::vector<Set>>> globs_;
    std::array<std::uint8_t, 256> column_of_{};
    std::vector<MessageType> columns_;  // one type of each

    mutable std::mutex mutex_;
    mutable std::unordered_map<RuleClass::Member, std::shared_ptr<const RuleClass>, Hash> classes_;
};

}  // namespace netaio::core

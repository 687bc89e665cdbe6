#pragma once

#include <array>
#include <netaio/access_rules.hpp>
#include <unordered_map>

#include "replaceable.hpp"
#include "rule_index.hpp"

namespace netaio::core {

/// The rules of a node; null for none.
using Rules = std::shared_ptr<const AccessRules>;

/// One thread's way to ask the rules of its node, which remembers who was asked about before.
class RuleReader {
public:
    explicit RuleReader(const Replaceable<Rules>& source) : source_(source) {}
    RuleReader(const RuleReader&) = delete;
    RuleReader& operator=(const RuleReader&) = delete;

    /// Whether there are rules now.
    bool any() { return source_.now() != nullptr; }
    /// What they say; where there are none, that all may pass. A rule in it is valid until the
    /// next call.
    AccessDecision decide(const Identities& who, MessageType type, ByteView uri);
    /// Another number when they are others.
    std::uint64_t version() { return source_.version(); }

private:
    // Who is remembered at most, of those that the slots have no room for.
    static constexpr std::size_t known_max = 4096;

    struct Hash {
        std::size_t operator()(const Identities& who) const noexcept;
    };
    // Where identities share a list, as those of one secret do, nothing of it is looked at.
    struct Slot {
        Identities who = {};
        std::shared_ptr<const RuleClass> of = nullptr;
    };

    void forget() noexcept;
    const RuleClass& class_of(const Identities& who, const AccessRules& rules);

    Replaceable<Rules>::Reader source_;
    std::uint64_t known_of_ = 0;  // the version
    std::array<Slot, 256> slots_;
    std::unordered_map<Identities, std::shared_ptr<const RuleClass>, Hash> known_;
};

}  // namespace netaio::core

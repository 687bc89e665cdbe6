#include "rule_reader.hpp"

#include "wire/keyed_hash.hpp"

namespace netaio::core {

std::size_t RuleReader::Hash::operator()(const Identities& who) const noexcept {
    std::size_t hash = who.size();
    for (const Identity& one : who) {
        hash = hash * 31 + (wire::keyed_hash(one.kind) ^ wire::keyed_hash(one.name) << 1);
    }
    return hash;
}

void RuleReader::forget() noexcept {
    slots_.fill({});
    known_.clear();
}

const RuleClass& RuleReader::class_of(const Identities& who, const AccessRules& rules) {
    const auto at = reinterpret_cast<std::uintptr_t>(who.begin());
    Slot& slot = slots_[(at >> 4 ^ at >> 12) % slots_.size()];
    if (slot.of && slot.who.same_as(who)) {
        return *slot.of;
    }
    auto found = known_.find(who);
    if (found == known_.end()) {
        auto made = rules.index_->classify(who);
        if (known_.size() >= known_max) {
            known_.clear();
        }
        found = known_.emplace(who, std::move(made)).first;
    }
    slot = {who, found->second};
    return *found->second;
}

AccessDecision RuleReader::decide(const Identities& who, MessageType type, ByteView uri) {
    if (const auto now = version(); now != known_of_) [[unlikely]] {
        forget();
        known_of_ = now;
    }
    const Rules& rules = source_.now();
    return rules ? rules->index_->decide(class_of(who, *rules), type, uri)
                 : AccessDecision{Access::allow};
}

}  // namespace netaio::core

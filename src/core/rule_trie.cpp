#include "rule_trie.hpp"

#include <algorithm>
#include <cstring>

namespace netaio::core {

RuleTrie::RuleTrie(const Uris& uris) : firsts_(1, '\0'), nodes_(1) {
    fill(0, uris.begin(), uris.end(), 0, none);
}

// Makes of the uris from first to last, which share their first `depth` bytes, what stands below a
// node. They are in the order of their bytes. Recursive as deep as uris are prefixes of each other.
void RuleTrie::fill(std::size_t at, Uris::const_iterator first, Uris::const_iterator last,
                    std::size_t depth, Number inherited) {
    Number here = none;
    if (first != last && first->first.size() == depth) {
        inherited = std::min(inherited, first->second.within);
        here = first->second.exact;
        ++first;
    }
    nodes_[at].within = inherited;
    nodes_[at].here = std::min(here, inherited);

    struct Child {
        Uris::const_iterator first;
        Uris::const_iterator last;
        std::size_t depth;
    };
    std::vector<Child> children;
    while (first != last) {
        auto end = first;
        auto before = first;
        while (end != last && end->first[depth] == first->first[depth]) {
            before = end++;
        }
        // In order, what the outermost share is what all do.
        const auto& a = first->first;
        const auto& b = before->first;
        std::size_t shared = depth;
        while (shared < std::min(a.size(), b.size()) && a[shared] == b[shared]) {
            ++shared;
        }
        children.push_back({first, end, shared});
        first = end;
    }
    const std::size_t begin = nodes_.size();
    nodes_[at].children_at = static_cast<std::uint32_t>(begin);
    nodes_[at].children = static_cast<std::uint32_t>(children.size());
    for (const Child& child : children) {
        Node node;
        node.label_at = static_cast<std::uint32_t>(labels_.size());
        node.label_size = static_cast<std::uint32_t>(child.depth - depth);
        labels_.append(child.first->first, depth, child.depth - depth);
        firsts_.push_back(child.first->first[depth]);
        nodes_.push_back(node);
    }
    for (std::size_t i = 0; i < children.size(); ++i) {
        fill(begin + i, children[i].first, children[i].last, children[i].depth, inherited);
    }
}

RuleTrie::Number RuleTrie::find(ByteView uri) const noexcept {
    const char* at = uri.data();
    std::size_t left = uri.size();
    const Node* node = nodes_.data();
    while (left > 0) {
        const char* firsts = firsts_.data() + node->children_at;
        const auto* found = static_cast<const char*>(std::memchr(firsts, *at, node->children));
        if (!found) {
            return node->within;
        }
        const Node& child = nodes_[node->children_at + static_cast<std::size_t>(found - firsts)];
        if (child.label_size > left ||
            std::memcmp(labels_.data() + child.label_at, at, child.label_size) != 0) {
            return node->within;
        }
        at += child.label_size;
        left -= child.label_size;
        node = &child;
    }
    return node->here;
}

}  // namespace netaio::core

#pragma once

#include <cstdint>
#include <netaio/bytes.hpp>
#include <string>
#include <vector>

namespace netaio::daemon {

/// Keys of one message type, and what was put there: a tree whose branches are the bytes in which
/// keys differ. One walk finds an exact key and the longest prefix of a uri, however many keys
/// there are, and without hashes, for which an app could choose keys that collide. Not thread-safe.
class KeyTree {
public:
    /// What stands for no value. Values are numbers of the owner's.
    static constexpr std::uint32_t nothing = UINT32_MAX;

    KeyTree();

    /// The value of a key, which is `nothing` where it was not there: to be set. Until the next
    /// call of at() or erase(). `is_prefix` keys are others than exact ones of the same bytes.
    std::uint32_t& at(ByteView key, bool is_prefix);
    /// The value of exactly this key.
    std::uint32_t get(ByteView key, bool is_prefix) const noexcept;
    void erase(ByteView key, bool is_prefix);

    /// The value of the uri's exact key, else of its longest prefix.
    std::uint32_t find(ByteView uri) const noexcept {
        std::uint32_t best = nothing;
        // The last that is visited is the most particular.
        each_match(uri, [&](std::uint32_t value) {
            best = value;
            return false;
        });
        return best;
    }

    /// The value of the longest prefix of these bytes that is not empty.
    std::uint32_t longest_prefix(ByteView bytes) const noexcept;

    /// Visits the values of all keys that match a uri, from the shortest prefix to the exact key,
    /// until the visitor says true; whether it did.
    template <class Visit>
    bool each_match(ByteView uri, Visit visit) const {
        const Node* node = &nodes_[root];
        while (true) {
            if (node->prefix != nothing && visit(node->prefix)) return true;
            if (uri.empty()) return node->exact != nothing && visit(node->exact);
            node = next(*node, uri);
            if (!node) return false;
        }
    }

    /// Whether there are no keys.
    bool empty() const noexcept;

private:
    using Index = std::uint32_t;
    static constexpr Index root = 0;

    struct Node {
        std::string label;   // from its parent to it; empty at the root alone
        std::string firsts;  // the first byte of each child's label
        std::vector<Index> children;
        std::uint32_t exact = nothing;
        std::uint32_t prefix = nothing;

        // Which child's label begins so; npos for none. To look at a few is quicker than to call a
        // search.
        std::size_t child_at(char first) const noexcept {
            constexpr std::size_t few = 8;
            const std::size_t size = firsts.size();
            if (size > few) return firsts.find(first);
            for (std::size_t at = 0; at < size; ++at) {
                if (firsts[at] == first) return at;
            }
            return std::string::npos;
        }
        std::uint32_t& value(bool is_prefix) noexcept { return is_prefix ? prefix : exact; }
        bool bare() const noexcept { return exact == nothing && prefix == nothing; }
    };

    // The child on the way to the rest of a key, from which its label is taken; null for none.
    const Node* next(const Node& node, ByteView& rest) const noexcept {
        const std::size_t found = node.child_at(rest.front());
        if (found == std::string::npos) return nullptr;
        const Node& child = nodes_[node.children[found]];
        const ByteView label = child.label;
        // Many are of one byte, which was compared.
        if (label.size() > 1 && !rest.starts_with(label)) return nullptr;
        rest.remove_prefix(label.size());
        return &child;
    }
    Index add_child(Index parent, ByteView label);
    void split(Index node, std::size_t size);
    void prune(const std::vector<Index>& way);

    // By number, not by pointer: what is freed is used again, and a tree as deep as its keys are
    // long goes without recursion.
    std::vector<Node> nodes_;
    std::vector<Index> free_;
};

}  // namespace netaio::daemon

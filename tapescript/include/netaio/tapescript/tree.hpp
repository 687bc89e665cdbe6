#pragma once

#include <cstddef>
#include <memory>
#include <netaio/tapescript/error.hpp>
#include <netaio/tapescript/script.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::tapescript {

/// A tree with scripts as its leaves, of which a lock holds only the root: a witness shows the one
/// leaf it uses and the hashes beside its way up. A plain value whose copies share the nodes.
class ScriptTree {
public:
    /// Levels above which a tree is refused.
    static constexpr std::size_t max_depth = 512;

    /// A leaf is no tree yet: make a node of two.
    static ScriptTree leaf(Script script);
    /// Throws std::invalid_argument when that would be deeper than max_depth.
    static ScriptTree node(ScriptTree left, ScriptTree right);

    bool is_leaf() const noexcept;
    /// The script of a leaf. Throws std::logic_error for a node.
    const Script& script() const;
    /// The halves of a node. Throw std::logic_error for a leaf.
    ScriptTree left() const;
    ScriptTree right() const;

    /// The hash that the node above sees: of the leaf's script, or of the node's lock.
    std::string commitment() const;
    /// The 32 bytes of a node that its lock holds. Throws std::logic_error for a leaf.
    std::string root() const;
    /// The lock that opens for the right leaf, brought by its unlocking script, if that leaf then
    /// opens. Throws std::logic_error for a leaf.
    Script locking_script() const;
    /// What brings each leaf, from left to right; what a leaf itself asks for comes before it.
    /// Throws std::invalid_argument when a leaf is empty, which no script can push.
    std::vector<Script> unlocking_scripts() const;

    /// The tree as bytes. Throws std::length_error when a half is above 65535 bytes,
    /// std::logic_error for a leaf.
    std::string pack() const;
    /// The reverse, for bytes from anywhere.
    static Result<ScriptTree> unpack(std::string_view packed);

private:
    struct Node;
    explicit ScriptTree(std::shared_ptr<const Node> top) : top_(std::move(top)) {}

    std::shared_ptr<const Node> top_;
};

/// A lock over several scripts, and for each what brings it.
struct MerklizedScript {
    Script lock;
    std::vector<Script> unlocks;
};

/// A tree in which the first script is nearest to the root, so that its witness is the shortest. A
/// single script gets a neighbour that is always false. Throws std::invalid_argument without
/// scripts.
ScriptTree make_script_tree_prioritized(std::span<const Script> scripts);
/// Its lock, and the unlocking scripts in the order given; with a single script, its neighbour's
/// too.
MerklizedScript make_merklized_script_prioritized(std::span<const Script> scripts);

/// A tree with all scripts at the same depth, filled up with random scripts that never open.
/// Throws std::invalid_argument without scripts.
ScriptTree make_script_tree_balanced(std::span<const Script> scripts);
/// Its lock, and the unlocking scripts in the order given.
MerklizedScript make_merklized_script_balanced(std::span<const Script> scripts);

}  // namespace netaio::tapescript

#include <sodium.h>

#include <algorithm>
#include <array>
#include <netaio/tapescript/tree.hpp>
#include <optional>
#include <stdexcept>

#include "assembler.hpp"
#include "hash.hpp"

namespace netaio::tapescript {

using tools::Assembler;

struct ScriptTree::Node {
    Script script;  // of a leaf
    std::shared_ptr<const Node> left;
    std::shared_ptr<const Node> right;
    std::string root;  // of a node
    std::string commitment;
    std::size_t depth = 0;

    bool is_leaf() const noexcept { return left == nullptr; }

    const Node& as_node() const {
        if (is_leaf()) throw std::logic_error("a leaf is no script tree: make a node of two");
        return *this;
    }

    std::string lock() const { return Assembler().op(Op::merkleval).code(as_node().root).code(); }

    // What has to be pushed for this node to run: the code that its lock or script is.
    std::string code() const { return is_leaf() ? script.code : lock(); }
};

namespace {

constexpr std::size_t size_max = 65535;
constexpr char leaf_mark = 'L';
constexpr char node_mark = 'N';
constexpr std::size_t head_size = 3;

// Levels below are at most `levels`; bytes after the tree do not matter.
std::optional<ScriptTree> unpack_node(std::string_view packed, std::size_t levels) {
    const auto half = [&]() -> std::optional<ScriptTree> {
        if (packed.size() < head_size) return std::nullopt;
        const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(packed[at]); };
        const char mark = packed.front();
        const std::size_t size = std::size_t{octet(1)} << 8 | octet(2);
        packed.remove_prefix(head_size);
        if (packed.size() < size) return std::nullopt;
        const std::string_view inside = packed.substr(0, size);
        packed.remove_prefix(size);
        if (mark == leaf_mark) return ScriptTree::leaf(Script{{}, std::string(inside)});
        if (mark != node_mark || levels <= 1) return std::nullopt;
        return unpack_node(inside, levels - 1);
    };
    auto left = half();
    if (!left) return std::nullopt;
    auto right = half();
    if (!right) return std::nullopt;
    return ScriptTree::node(std::move(*left), std::move(*right));
}

ScriptTree random_leaf() {
    std::array<char, 16> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    return ScriptTree::leaf(
        Assembler().push({bytes.data(), bytes.size()}).op(Op::return_).script());
}

std::string exclusive_or(std::string a, std::string_view b) {
    std::ranges::transform(a, b, a.begin(), [](char x, char y) { return char(x ^ y); });
    return a;
}

}  // namespace

ScriptTree ScriptTree::leaf(Script script) {
    auto made = std::make_shared<Node>();
    made->commitment = tools::sha256(script.code);
    made->script = std::move(script);
    return ScriptTree(std::move(made));
}

ScriptTree ScriptTree::node(ScriptTree left, ScriptTree right) {
    auto made = std::make_shared<Node>();
    made->depth = std::max(left.top_->depth, right.top_->depth) + 1;
    if (made->depth > max_depth) {
        throw std::invalid_argument("a script tree has at most 512 levels: balance it");
    }
    made->root =
        exclusive_or(tools::sha256(left.top_->commitment), tools::sha256(right.top_->commitment));
    made->left = std::move(left.top_);
    made->right = std::move(right.top_);
    made->commitment = tools::sha256(made->lock());
    return ScriptTree(std::move(made));
}

bool ScriptTree::is_leaf() const noexcept {
    return top_->is_leaf();
}

const Script& ScriptTree::script() const {
    if (!is_leaf()) throw std::logic_error("only a leaf of a script tree is a script");
    return top_->script;
}

ScriptTree ScriptTree::left() const {
    return ScriptTree(top_->as_node().left);
}

ScriptTree ScriptTree::right() const {
    return ScriptTree(top_->as_node().right);
}

std::string ScriptTree::commitment() const {
    return top_->commitment;
}

std::string ScriptTree::root() const {
    return top_->as_node().root;
}

Script ScriptTree::locking_script() const {
    return Script{{}, top_->lock()};
}

std::vector<Script> ScriptTree::unlocking_scripts() const {
    struct Visit {
        const Node* node;
        std::string above;
    };
    std::vector<Script> scripts;
    std::vector<Visit> open{{&top_->as_node(), {}}};
    while (!open.empty()) {
        const Visit now = std::move(open.back());
        open.pop_back();
        if (now.node->is_leaf()) {
            scripts.push_back(Script{{}, now.above});
            continue;
        }
        const auto enter = [&](const Node& child, const Node& sibling) {
            Assembler way;
            way.push(sibling.commitment).push(child.code()).code(now.above);
            open.push_back({&child, way.code()});
        };
        enter(*now.node->right, *now.node->left);
        enter(*now.node->left, *now.node->right);
    }
    return scripts;
}

std::string ScriptTree::pack() const {
    std::string packed;
    const Node& node = top_->as_node();
    for (const auto& half : {node.left, node.right}) {
        const std::string inside = half->is_leaf() ? half->script.code : ScriptTree(half).pack();
        if (inside.size() > size_max) {
            throw std::length_error("half of a script tree is above 65535 bytes");
        }
        packed += half->is_leaf() ? leaf_mark : node_mark;
        packed += static_cast<char>(inside.size() >> 8);
        packed += static_cast<char>(inside.size());
        packed += inside;
    }
    return packed;
}

Result<ScriptTree> ScriptTree::unpack(std::string_view packed) {
    if (auto tree = unpack_node(packed, max_depth)) return std::move(*tree);
    return Error{"ValueError", "not a packed script tree"};
}

ScriptTree make_script_tree_prioritized(std::span<const Script> scripts) {
    if (scripts.empty()) throw std::invalid_argument("a script tree needs at least one script");
    if (scripts.size() == 1) {
        const Script never = Assembler().push_bool(false).script();
        return ScriptTree::node(ScriptTree::leaf(scripts.front()), ScriptTree::leaf(never));
    }
    ScriptTree tree = ScriptTree::leaf(scripts.back());
    for (std::size_t i = scripts.size() - 1; i-- > 0;) {
        tree = ScriptTree::node(ScriptTree::leaf(scripts[i]), std::move(tree));
    }
    return tree;
}

MerklizedScript make_merklized_script_prioritized(std::span<const Script> scripts) {
    const ScriptTree tree = make_script_tree_prioritized(scripts);
    return {tree.locking_script(), tree.unlocking_scripts()};
}

ScriptTree make_script_tree_balanced(std::span<const Script> scripts) {
    if (scripts.empty()) throw std::invalid_argument("a script tree needs at least one script");
    std::vector<ScriptTree> level;
    for (const Script& script : scripts) {
        level.push_back(ScriptTree::leaf(script));
    }
    for (ScriptTree filler = random_leaf(); level.size() > 1 || level.front().is_leaf();
         filler = ScriptTree::node(random_leaf(), random_leaf())) {
        if (level.size() % 2 != 0) level.push_back(std::move(filler));
        std::vector<ScriptTree> above;
        for (std::size_t i = 0; i < level.size(); i += 2) {
            above.push_back(ScriptTree::node(std::move(level[i]), std::move(level[i + 1])));
        }
        level = std::move(above);
    }
    return std::move(level.front());
}

MerklizedScript make_merklized_script_balanced(std::span<const Script> scripts) {
    const ScriptTree tree = make_script_tree_balanced(scripts);
    MerklizedScript made{tree.locking_script(), tree.unlocking_scripts()};
    made.unlocks.resize(scripts.size());
    return made;
}

}  // namespace netaio::tapescript

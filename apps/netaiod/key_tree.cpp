#include "key_tree.hpp"

#include <algorithm>
#include <utility>

namespace netaio::daemon {
namespace {

std::size_t common_size(ByteView a, ByteView b) noexcept {
    const auto differ = std::ranges::mismatch(a, b);
    return static_cast<std::size_t>(differ.in1 - a.begin());
}

}  // namespace

KeyTree::KeyTree() : nodes_(1) {}

KeyTree::Index KeyTree::add_child(Index parent, ByteView label) {
    Index made = 0;
    if (free_.empty()) {
        made = static_cast<Index>(nodes_.size());
        nodes_.emplace_back();
    } else {
        made = free_.back();
        free_.pop_back();
    }
    nodes_[made].label = label;
    nodes_[parent].firsts += label.front();
    nodes_[parent].children.push_back(made);
    return made;
}

// Leaves so many bytes of its label to the node, and the rest to a child with all that was its.
void KeyTree::split(Index node, std::size_t size) {
    Node lower = std::exchange(nodes_[node], Node{});
    nodes_[node].label = lower.label.substr(0, size);
    lower.label.erase(0, size);
    const Index child = add_child(node, lower.label);
    nodes_[child] = std::move(lower);
}

std::uint32_t& KeyTree::at(ByteView key, bool is_prefix) {
    Index node = root;
    while (!key.empty()) {
        const std::size_t found = nodes_[node].child_at(key.front());
        if (found == std::string::npos) {
            node = add_child(node, key);
            break;
        }
        node = nodes_[node].children[found];
        const std::size_t common = common_size(key, nodes_[node].label);
        if (common < nodes_[node].label.size()) split(node, common);
        key.remove_prefix(common);
    }
    return nodes_[node].value(is_prefix);
}

std::uint32_t KeyTree::get(ByteView key, bool is_prefix) const noexcept {
    const Node* node = &nodes_[root];
    while (node && !key.empty()) node = next(*node, key);
    if (!node) return nothing;
    return is_prefix ? node->prefix : node->exact;
}

std::uint32_t KeyTree::longest_prefix(ByteView bytes) const noexcept {
    std::uint32_t longest = nothing;
    const Node* node = &nodes_[root];
    while (!bytes.empty() && (node = next(*node, bytes))) {
        if (node->prefix != nothing) longest = node->prefix;
    }
    return longest;
}

void KeyTree::erase(ByteView key, bool is_prefix) {
    std::vector<Index> way{root};
    while (!key.empty()) {
        const Node* node = next(nodes_[way.back()], key);
        if (!node) return;
        way.push_back(static_cast<Index>(node - nodes_.data()));
    }
    nodes_[way.back()].value(is_prefix) = nothing;
    prune(way);
}

// Takes out what has become of no use at the end of a way from the root: a leaf without value, and
// then a node without value and with one child, which takes its place.
void KeyTree::prune(const std::vector<Index>& way) {
    std::size_t end = way.size() - 1;
    if (end > 0 && nodes_[way[end]].bare() && nodes_[way[end]].children.empty()) {
        Node& parent = nodes_[way[end - 1]];
        const auto at = std::ranges::find(parent.children, way[end]) - parent.children.begin();
        parent.children.erase(parent.children.begin() + at);
        parent.firsts.erase(static_cast<std::size_t>(at), 1);
        nodes_[way[end]] = Node{};
        free_.push_back(way[end]);
        --end;
    }
    Node& left = nodes_[way[end]];
    if (end == 0 || !left.bare() || left.children.size() != 1) return;
    const Index only = left.children.front();
    Node lower = std::exchange(nodes_[only], Node{});
    free_.push_back(only);
    lower.label.insert(0, left.label);
    left = std::move(lower);
}

bool KeyTree::empty() const noexcept {
    return nodes_[root].bare() && nodes_[root].children.empty();
}

}  // namespace netaio::daemon

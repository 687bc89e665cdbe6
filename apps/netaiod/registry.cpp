#include "registry.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

namespace netaio::daemon {
namespace {

// Spreads what it is given over all bits (the finalizer of SplitMix64, Steele, Lea and Flood 2014).
std::uint64_t spread(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

// FNV-1a: no table depends on it, so nobody gains by collisions.
std::uint64_t plain_hash(ByteView bytes) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::uint8_t byte : std::span(bytes.octets(), bytes.size())) {
        hash = (hash ^ byte) * 0x100000001b3;
    }
    return spread(hash);
}

[[noreturn, gnu::cold]] void throw_no_app() {
    throw std::invalid_argument(
        "there is no app of this handle; use what Registry::add() gave, "
        "until app_gone()");
}

}  // namespace

const Registry::Owner& Registry::Owners::choose_of_many(ByteView uri) noexcept {
    if (sharing == Sharing::turns) {
        if (next >= all.size()) next = 0;
        return all[next++];
    }
    const std::uint64_t hash = plain_hash(uri);
    return *std::ranges::max_element(all, {}, [hash](const Owner& owner) {
        return std::pair(spread(hash ^ owner.seed), owner.seed);
    });
}

bool Registry::Owners::has(AppId app) const noexcept {
    return std::ranges::find(all, app, &Owner::app) != all.end();
}

const Registry::Entry& Registry::entry(AppId app) const {
    const auto index = static_cast<std::size_t>(app);
    if (index >= entries_.size() || !entries_[index]) throw_no_app();
    return *entries_[index];
}

Registry::Entry& Registry::entry(AppId app) {
    return const_cast<Entry&>(std::as_const(*this).entry(app));
}

AppId Registry::add(App app) {
    auto place = std::ranges::find_if(entries_, [](const auto& entry) { return !entry; });
    if (place == entries_.end()) place = entries_.emplace(place);
    place->emplace().app = std::move(app);
    (*place)->since = added_++;
    return static_cast<AppId>(place - entries_.begin());
}

void Registry::app_gone(AppId app) {
    for (const auto& [key, owners] : entry(app).keys) leave(app, key, owners);
    entries_[static_cast<std::size_t>(app)].reset();
}

const App& Registry::app(AppId app) const {
    return entry(app).app;
}

std::optional<AppId> Registry::app_named(std::string_view name) const {
    std::optional<AppId> found;
    std::uint64_t since = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto& one = entries_[i];
        if (one && one->app.name == name && (!found || one->since < since)) {
            found = static_cast<AppId>(i);
            since = one->since;
        }
    }
    return found;
}

std::vector<AppId> Registry::apps() const {
    std::vector<AppId> all;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i]) all.push_back(static_cast<AppId>(i));
    }
    return all;
}

// By its name, so that an app that starts anew gets the share it had; those of one name are told
// apart by the order in which they came.
std::uint64_t Registry::seed_for(const Owners& owners, const std::string& name) const {
    const std::uint64_t hash = plain_hash(name);
    std::uint64_t seed = spread(hash);
    for (std::uint64_t n = 1; std::ranges::find(owners.all, seed, &Owner::seed) != owners.all.end();
         ++n) {
        seed = spread(hash + n);
    }
    return seed;
}

// Who would lose what a new key is about to another user, if anybody would.
const App* Registry::foreign_owner(const App& claiming, const ServedKey& key) const {
    const KeyTree* keys = tree(key.type);
    std::uint32_t loses = keys ? keys->get(key.uri, key.is_prefix) : KeyTree::nothing;
    if (keys && loses == KeyTree::nothing) {
        loses = keys->longest_prefix(key.uri);
    }
    if (loses == KeyTree::nothing) return nullptr;
    // All owners of a key are of one user.
    const App& owner = entry(owners_[loses].all.front().app).app;
    return owner.uid == claiming.uid ? nullptr : &owner;
}

Claimed Registry::claim(AppId app, const ServedKey& key, Sharing sharing) {
    Entry& claiming = entry(app);
    if (sharing != Sharing::all && !claiming.keys.contains(key)) {
        if (const App* const owner = foreign_owner(claiming.app, key)) {
            return {Claimed::Outcome::foreign, owner->name};
        }
    }
    auto& tree = trees_[static_cast<std::uint8_t>(key.type)];
    if (!tree) tree = std::make_unique<KeyTree>();
    const std::uint32_t there = tree->get(key.uri, key.is_prefix);
    if (there != KeyTree::nothing) {
        Owners& owners = owners_[there];
        const auto other = std::ranges::find_if(
            owners.all, [app](const Owner& owner) { return owner.app != app; });
        const bool fits = sharing != Sharing::alone && sharing == owners.sharing;
        if (other != owners.all.end() && !fits) {
            return {Claimed::Outcome::clash, entry(other->app).app.name};
        }
        owners.sharing = sharing;
        if (owners.has(app)) return {Claimed::Outcome::had};
        owners.all.push_back({app, seed_for(owners, claiming.app.name)});
        claiming.keys.emplace(key, there);
        return {};
    }
    if (free_owners_.empty()) {
        free_owners_.push_back(static_cast<std::uint32_t>(owners_.size()));
        owners_.emplace_back();
    }
    const std::uint32_t number = free_owners_.back();
    free_owners_.pop_back();
    owners_[number] = {{{app, seed_for({}, claiming.app.name)}}, sharing};
    tree->at(key.uri, key.is_prefix) = number;
    claiming.keys.emplace(key, number);
    return {};
}

bool Registry::release(AppId app, const ServedKey& key) {
    auto& keys = entry(app).keys;
    const auto found = keys.find(key);
    if (found == keys.end()) return false;
    leave(app, key, found->second);
    keys.erase(found);
    return true;
}

void Registry::leave(AppId app, const ServedKey& key, std::uint32_t owners) {
    Owners& left = owners_[owners];
    const auto at = std::ranges::find(left.all, app, &Owner::app);
    // Nobody's turn is left out.
    if (static_cast<std::size_t>(at - left.all.begin()) < left.next) --left.next;
    left.all.erase(at);
    if (!left.all.empty()) return;
    left = {};
    free_owners_.push_back(owners);
    auto& tree = trees_[static_cast<std::uint8_t>(key.type)];
    tree->erase(key.uri, key.is_prefix);
    if (tree->empty()) tree.reset();
}

std::vector<ServedKey> Registry::keys(AppId app) const {
    std::vector<ServedKey> all;
    for (const auto& [key, owners] : entry(app).keys) all.push_back(key);
    return all;
}

bool Registry::owns(AppId app, MessageType type, ByteView uri) const noexcept {
    const KeyTree* keys = tree(type);
    return keys &&
           keys->each_match(uri, [&](std::uint32_t owners) { return owners_[owners].has(app); });
}

}  // namespace netaio::daemon

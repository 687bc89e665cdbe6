#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <netaio/message_type.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "key_tree.hpp"

namespace netaio::daemon {

/// An app's handle: a small number, which may be another's once the app is gone.
enum class AppId : std::uint32_t {};

/// A program of this machine that is connected.
struct App {
    std::string name;
    std::uint32_t uid = 0;
    std::int64_t pid = 0;
    std::uint64_t number = 0;  ///< of its connection
};

/// What an app serves: messages of this type about this uri, or about all that begin so.
struct ServedKey {
    MessageType type = MessageType::request_uri;
    std::string uri = {};
    bool is_prefix = false;

    friend auto operator<=>(const ServedKey&, const ServedKey&) = default;
};

/// Whether a key may have several owners, and which of them a message goes to.
enum class Sharing {
    alone,  ///< one owner
    turns,  ///< one after the other
    hash,   ///< the same for the same uri, as long as it is there (rendezvous hash)
    all,    ///< each: it takes nothing from anybody
};

/// What became of a claim.
struct Claimed {
    enum class Outcome {
        added,
        had,
        clash,    ///< another app has the key
        foreign,  ///< what the key is about is that of another user's app
    };
    Outcome outcome = Outcome::added;
    /// The name of who has the key, where it was not granted.
    std::string owner = {};

    bool granted() const noexcept { return outcome == Outcome::added || outcome == Outcome::had; }
};

/// The apps of this machine and the keys they serve. An exact key goes before prefixes, a longer
/// prefix before a shorter one. Calls with the handle of no app throw std::invalid_argument. Not
/// thread-safe.
class Registry {
public:
    Registry() = default;
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    /// A further app; several may have the same name.
    AppId add(App app);
    /// Frees its handle and all its keys. Those that share a key with it go on.
    void app_gone(AppId app);
    const App& app(AppId app) const;
    /// The app of that name that is here for longest.
    std::optional<AppId> app_named(std::string_view name) const;
    /// All of them, in no order.
    std::vector<AppId> apps() const;

    /// Has an app serve a key. A clash with another owner unless both ask for the same kind of
    /// sharing, other than `alone`. Who is the only owner may claim anew with another sharing.
    /// What apps of one user serve, and what is below their prefixes, no app of another takes from
    /// them, unless all get it. An empty prefix is for what nobody else serves.
    Claimed claim(AppId app, const ServedKey& key, Sharing sharing = Sharing::alone);
    /// Whether it had the key.
    bool release(AppId app, const ServedKey& key);
    /// What an app serves, in order.
    std::vector<ServedKey> keys(AppId app) const;

    /// Whose a message is: looked up for each, without allocations. Where owners take turns, it is
    /// the next one's turn.
    std::optional<AppId> find(MessageType type, ByteView uri) noexcept {
        const KeyTree* keys = tree(type);
        const std::uint32_t found = keys ? keys->find(uri) : KeyTree::nothing;
        return found == KeyTree::nothing ? std::nullopt
                                         : std::optional(owners_[found].choose(uri).app);
    }
    /// Whether one of an app's keys is about this, whoever has a better one: for what came to a
    /// port of its own.
    bool owns(AppId app, MessageType type, ByteView uri) const noexcept;

private:
    struct Owner {
        AppId app;
        std::uint64_t seed;  // of the rendezvous hash
    };
    // Who serves a key.
    struct Owners {
        std::vector<Owner> all;
        Sharing sharing = Sharing::alone;
        std::size_t next = 0;

        const Owner& choose(ByteView uri) noexcept {
            return all.size() == 1 ? all.front() : choose_of_many(uri);
        }
        const Owner& choose_of_many(ByteView uri) noexcept;
        bool has(AppId app) const noexcept;
    };
    struct Entry {
        App app;
        std::map<ServedKey, std::uint32_t> keys;  // with the number of their owners
        std::uint64_t since = 0;
    };

    Entry& entry(AppId app);
    const Entry& entry(AppId app) const;
    const App* foreign_owner(const App& claiming, const ServedKey& key) const;
    std::uint64_t seed_for(const Owners& owners, const std::string& name) const;
    void leave(AppId app, const ServedKey& key, std::uint32_t owners);
    const KeyTree* tree(MessageType type) const noexcept {
        return trees_[static_cast<std::uint8_t>(type)].get();
    }

    std::vector<std::optional<Entry>> entries_;  // by AppId
    std::uint64_t added_ = 0;
    std::array<std::unique_ptr<KeyTree>, 256> trees_;  // by type
    std::vector<Owners> owners_;                       // by the trees' values
    std::vector<std::uint32_t> free_owners_;
};

}  // namespace netaio::daemon

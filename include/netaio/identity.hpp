#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <initializer_list>
#include <netaio/bytes.hpp>
#include <optional>
#include <string>
#include <vector>

namespace netaio {

/// Somebody as a plugin or the system knows them: `hmac:alice`, `key:3b6a27...`, `uid:1000`.
struct Identity {
    /// What vouches for it: `hmac` (the name of the secret that matched), `key` (a verify key in
    /// hex), `peer` (the id of a peer, in hex), `x25519` (a public key in hex), `session` (the key
    /// of the other end of a session, in hex), `uid` (whose process is at the other end of a
    /// Unix-domain socket), or a plugin's own.
    std::string kind;
    /// Who it is, in words fit for logs and rules; never a secret.
    std::string name;

    /// Both with a colon between.
    std::string str() const { return kind + ":" + name; }
    friend bool operator==(const Identity&, const Identity&) = default;
};

/// Whose a message is, as far as anybody vouches for it; empty when nobody does. Cheap to copy: the
/// copies share one list, which never changes. Thread-safe as a std::shared_ptr is.
class Identities {
public:
    Identities() noexcept = default;
    Identities(Identity one);
    Identities(std::initializer_list<Identity> all);
    explicit Identities(std::vector<Identity> all);

    bool empty() const noexcept { return !list_; }
    std::size_t size() const noexcept { return list_ ? list_->all.size() : 0; }
    const Identity* begin() const noexcept { return list_ ? list_->all.data() : nullptr; }
    const Identity* end() const noexcept {
        return list_ ? list_->all.data() + list_->all.size() : nullptr;
    }
    bool contains(const Identity& one) const noexcept;
    /// The first name of that kind: `message.who().name("hmac")`. Valid as long as this object.
    std::optional<std::string_view> name(std::string_view kind) const noexcept;
    /// All with a comma and a space between; `nobody` where there is none. For logs.
    std::string str() const;

    /// Adds those it does not have yet.
    void add(const Identities& more);

    /// Whether both share one list, as copies do: equal ones need not.
    bool same_as(const Identities& other) const noexcept { return list_ == other.list_; }
    friend bool operator==(const Identities& a, const Identities& b) noexcept;

private:
    struct List : boost::intrusive_ref_counter<List> {
        explicit List(std::vector<Identity> identities) : all(std::move(identities)) {}
        const std::vector<Identity> all;
    };

    boost::intrusive_ptr<const List> list_;
};

/// Who somebody is, as the plugins of each layer said it.
struct Vouched {
    /// The node's layer.
    Identities outer = {};
    /// The handler's.
    Identities inner = {};
};

}  // namespace netaio

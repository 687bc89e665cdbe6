#include "session_terms.hpp"

#include <algorithm>
#include <stdexcept>

#include "../crypto/hkdf.hpp"
#include "../wire/endian.hpp"
#include "../wire/hex.hpp"
#include "node.hpp"

namespace netaio {

SessionKey session_key(const Secret& seed) {
    return crypto::KeyPair::from_seed(seed.reveal()).public_key;
}

std::optional<SessionKey> parse_session_key(std::string_view hex) {
    SessionKey key{};
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    if (hex.size() != 2 * key.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < key.size(); ++i) {
        const int high = digit(hex[2 * i]);
        const int low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        key[i] = static_cast<unsigned char>(high << 4 | low);
    }
    return key;
}

std::string to_string(const SessionKey& key) {
    return wire::hex(key);
}

namespace core {
namespace {

// Of the dict that peers tell about themselves.
constexpr std::string_view hint = "netaio/session";

}  // namespace

void require_policy(const SessionOptions& options) {
    const bool admits_some = !options.peer_keys.empty() || options.known || options.admits;
    if (options.policy == SessionPolicy::off && admits_some) {
        throw std::invalid_argument(
            "SessionOptions say who may be at the other end, but policy is off, so that there are "
            "no sessions: set SessionPolicy::require or offer");
    }
}

std::string said_of_handshake(std::error_code why) {
    return why == Errc::auth_failed ? "it was asked with another secret, or for another key"
                                    : why.message();
}

SessionTerms::SessionTerms(SessionOptions given, const Plugins& outer, bool of_client,
                           Random& random)
    : options(std::move(given)),
      connects(of_client),
      own(options.seed.empty() ? crypto::KeyPair::random(random)
                               : crypto::KeyPair::from_seed(options.seed.reveal())),
      lasting(!options.seed.empty()) {
    require_somebody(outer);
    if (options.patience.count() <= 0) {
        throw std::invalid_argument("SessionOptions::patience must be more than zero");
    }
    options.seed = {};
}

void SessionTerms::require_somebody(const Plugins& outer) const {
    if (options.policy == SessionPolicy::require && !session_secret(outer, nullptr).is_there &&
        options.peer_keys.empty() && !options.admits && !(connects && options.known)) {
        throw std::invalid_argument(
            "a session that is required with anybody protects from nobody: give an auth plugin or "
            "cipher with a secret, or SessionOptions::peer_keys or admits, or, to a client, known");
    }
}

Result<std::optional<SessionKey>> SessionTerms::expected(const std::string& name) const {
    using Found = Result<std::optional<SessionKey>>;
    auto found = options.known ? options.known->find(name) : Found(std::nullopt);
    return found && !*found && options.peer_keys.size() == 1 ? Found(options.peer_keys.front())
                                                             : found;
}

std::optional<SessionRefusal> SessionTerms::refusal(const std::optional<SessionKey>& expected,
                                                    const SessionPeer& peer) const {
    const auto& keys = options.peer_keys;
    if (expected && *expected != peer.key) {
        return SessionRefusal{Errc::peer_changed,
                              to_string(peer.key) + " in the place of " + to_string(*expected) +
                                  "; somebody may be in between. Have its owner confirm the new "
                                  "key, and only then put it in the place of the old one"};
    }
    if (!keys.empty() && std::ranges::find(keys, peer.key) == keys.end()) {
        return SessionRefusal{Errc::peer_changed, to_string(peer.key) +
                                                      " is none that is admitted; somebody may be "
                                                      "in between"};
    }
    return options.admits && !options.admits(peer)
               ? std::optional(SessionRefusal{Errc::no_session, "not with " + to_string(peer.key)})
               : std::nullopt;
}

std::error_code SessionTerms::keep(const std::string& name,
                                   const std::optional<SessionKey>& expected,
                                   const SessionPeer& peer, const Node& node) const {
    if (!options.known || expected || !peer.lasting) {
        return {};
    }
    const auto error = options.known->add(name, peer.key);
    if (!error) {
        node.log(LogLevel::info, "its key is known from now on: " + to_string(peer.key),
                 peer.address);
    }
    return error;
}

SessionSecret session_secret(const Plugins& outer, const Identities* whose) {
    SessionSecrets secrets;
    if (outer.auth) {
        outer.auth->add_session_secrets(whose, secrets);
    }
    if (outer.cipher) {
        outer.cipher->add_session_secrets(whose, secrets);
    }
    SessionSecret made;
    made.who = secrets.who;
    made.is_there = !secrets.all.empty();
    if (!made.is_there) {
        return made;
    }
    // So that no two lists of secrets are the same bytes; hashed, as they may be long.
    crypto::Sha256 all;
    for (const Secret& secret : secrets.all) {
        std::array<char, 4> size{};
        wire::put_u32(size.data(), static_cast<std::uint32_t>(secret.reveal().size()));
        all.update(std::string_view(size.data(), size.size())).update(secret.reveal());
    }
    const auto psk = crypto::hkdf<1>({}, all.finish().view(), "netaio/session/1 psk");
    std::copy_n(psk[0].view().octets(), made.psk.bytes.size(), made.psk.bytes.begin());
    return made;
}

void hint_at_sessions(Peer& peer, const PeerPlugin& plugin) {
    auto data = plugin.parse_data(peer);
    Dict* const dict = data ? data->as_dict() : nullptr;
    if (dict && !dict->find(hint)) {
        dict->set(std::string(hint), 1);
        if (auto encoded = plugin.encode_data(*data)) {
            peer.data = std::move(*encoded);
        }
    }
}

bool hints_at_sessions(const Peer& peer, const PeerPlugin& plugin) {
    const auto data = plugin.parse_data(peer);
    const Dict* const dict = data ? data->as_dict() : nullptr;
    return dict && dict->find(hint);
}

Plugins within_session(const Plugins& outer) {
    Plugins within;
    if (const AuthPlugin* const auth = outer.auth ? outer.auth->within_session() : nullptr) {
        within.auth = {outer.auth, auth};
    }
    if (const CipherPlugin* const cipher =
            outer.cipher ? outer.cipher->within_session() : nullptr) {
        within.cipher = {outer.cipher, cipher};
    }
    return within;
}

}  // namespace core

}  // namespace netaio

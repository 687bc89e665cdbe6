#pragma once

#include <map>
#include <memory>
#include <netaio/identity.hpp>
#include <netaio/message_type.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace netaio {

namespace core {
class RuleIndex;
class RuleReader;
}  // namespace core

/// What a rule, or the lack of one, makes of a message.
enum class Access { deny, allow };

/// A rule for the messages of some, of some types, about some uris.
struct AccessRule {
    Access access = Access::deny;
    /// Whose messages; one of these has to match (see AccessRules). Required.
    std::vector<std::string> who = {};
    /// Of these types; without any, of all that AccessRules::covers().
    std::vector<MessageType> types = {};
    /// About these uris, and those that begin with one of these prefixes; without any, about all.
    std::vector<std::string> uris = {};
    std::vector<std::string> prefixes = {};
    /// Where it stands in its file, from 1; 0 for one that was not read.
    std::size_t line = 0;
};

/// What belongs to all rules.
struct AccessRulesOptions {
    /// What becomes of a message if no rule matches (`default` in a file). Signs of life,
    /// REQUEST_URI `netaio/alive` (protocol.md §12), pass then whatever this says; a rule may deny
    /// them, and so have clients that stay connected take the server for dead.
    Access otherwise = Access::deny;
    /// The patterns of each group, by its name.
    std::map<std::string, std::vector<std::string>> groups = {};
};

/// What rules say of a message, and which of them does.
struct AccessDecision {
    Access access = Access::deny;
    /// Null where none matches; valid as long as the rules.
    const AccessRule* rule = nullptr;
    std::size_t number = 0;  ///< the rule's among the others, from 1

    bool allowed() const noexcept { return access == Access::allow; }
    /// `line 12`, `rule 3` where it was not read from a file, or `no rule`.
    std::string str() const;
};

/// Why rules could not be read: what() is a sentence with file, line and column.
class AccessRulesError : public std::runtime_error {
public:
    AccessRulesError(const std::string& where, std::size_t line, std::size_t column,
                     const std::string& what);

    /// From 1; 0 where the file could not be read.
    std::size_t line() const noexcept { return line_; }
    std::size_t column() const noexcept { return column_; }

private:
    std::size_t line_;
    std::size_t column_;
};

/// Who may do what: an ordered list of rules, of which the first that matches decides. A node asks
/// them of each message when its layers are open, before any handler, and of what it notifies
/// subscribers of. Given to servers, nodes and clients in their options, or by set_rules().
///
///     const AccessRules rules({
///         {.access = Access::allow, .who = {"*"}, .types = reading(), .prefixes = {"status/"}},
///         {.access = Access::allow, .who = {"@sensors"}, .types = writing(),
///          .prefixes = {"sensor/"}},
///         {.access = Access::allow, .who = {"hmac:admin"}}},
///         {.groups = {{"sensors", {"hmac:sensor-*"}}}});
///
/// A pattern of who it is matches one identity of the message: with a colon all of
/// `kind:name`, without one the name of a secret: `alice` is `hmac:alice`, as others may choose
/// their names themselves, peers their ids. `*` stands for any bytes, also none, `?` for
/// one. `*` alone, or `everybody`, matches everyone, `somebody` everyone with an identity, and
/// `nobody` those without. `@sensors` stands for the patterns of that group.
///
/// An answer to a request of the node's own is never asked about. An immutable value, whose copies
/// share what it holds; thread-safe.
class AccessRules {
public:
    /// Throws std::invalid_argument for a rule without patterns, an empty one, or a group that
    /// there is not.
    explicit AccessRules(std::vector<AccessRule> rules, AccessRulesOptions options = {});

    /// Reads rules from TOML (docs/man/netaio.1, RULES), with the names of these types. Throws
    /// AccessRulesError, also where there is no rule, unless the default is said to be to deny: so
    /// nothing comes of a file that is empty or was cut off before the first.
    static std::shared_ptr<const AccessRules> parse(std::string_view text,
                                                    const MessageTypes& types = {});
    /// The same of a file.
    static std::shared_ptr<const AccessRules> load(const std::string& path,
                                                   const MessageTypes& types = {});

    /// What becomes of a message. Takes some microseconds, most of them to tell who it is from; a
    /// node remembers that.
    AccessDecision decide(const Identities& who, MessageType type, ByteView uri) const;

    /// Whether a rule without types, or the lack of a rule, is about messages of this type: all but
    /// what introduces peers and answers, which pass unless a rule names their type.
    static bool covers(MessageType type) noexcept;

    const std::vector<AccessRule>& rules() const noexcept;
    Access otherwise() const noexcept;

private:
    friend class core::RuleReader;

    std::shared_ptr<const core::RuleIndex> index_;
};

/// The types that read: REQUEST_URI, SUBSCRIBE_URI and UNSUBSCRIBE_URI.
std::vector<MessageType> reading();
/// Those that write: CREATE_URI, UPDATE_URI, DELETE_URI and PUBLISH_URI.
std::vector<MessageType> writing();
/// Those that introduce peers: ADVERTISE_PEER, PEER_DISCOVERED and DISCONNECT.
std::vector<MessageType> introducing();

}  // namespace netaio

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <netaio/plugins.hpp>
#include <netaio/seen_messages.hpp>
#include <string>

namespace netaio {

/// How far the search for a stamp is.
struct HashcashProgress {
    /// The price, in zero bits.
    unsigned bits = 0;
    /// How many hashes were tried. It takes 2^bits of them on average; one time in a hundred,
    /// nearly five times as many.
    std::uint64_t attempts = 0;
    /// The time since it began.
    std::chrono::milliseconds elapsed{};
};

/// When a receiver asks for more than HashcashOptions::bits: while either is exceeded, `step` bits
/// more each second, up to `bits_max`; while neither is reached by half, as many fewer. The new
/// price is told to those only who paid the old one at least.
struct HashcashBusy {
    /// Messages that pay a second; 0 for no matter how many.
    double rate = 0;
    /// The CPU time that this process takes in a second, in seconds: 1 is one core. 0 for no matter
    /// how much.
    double cpu = 0;
    /// By how many bits the price rises or falls at once. Each one doubles the work.
    unsigned step = 1;
    /// The highest price. Payers believe 24 by default.
    unsigned bits_max = 24;
};

/// What HashcashAuth needs to know.
struct HashcashOptions {
    /// Whom stamps are made for: the same text at both ends, no secret. Required. Every node with
    /// this realm takes a stamp once, so nodes that are asked by strangers want one of their own.
    std::string realm = {};
    /// What messages to this node must pay, in zero bits; 0 for nothing. 20 takes about a million
    /// hashes, a tenth of a second on one core.
    unsigned bits = 0;
    /// What messages of this node pay; 0 for nothing, whatever others ask for.
    unsigned pay = 0;
    /// The highest price that is believed and paid when a receiver asks for more than `pay`. Its
    /// word may be anybody's.
    unsigned bits_max = 24;
    /// The name of the field. Must differ between an outer and an inner plugin.
    std::string field = "hc";
    /// How old a stamp may be.
    std::chrono::milliseconds max_age = std::chrono::seconds(120);
    /// Where the stamps that came are remembered, and how far they may be ahead of the clock. A
    /// table of its own by default, which has no mark of an earlier run: so stamps dated before the
    /// start, or less than 10 s after it, are refused.
    std::shared_ptr<SeenMessages> seen = nullptr;
    /// When more is asked for; never by default.
    HashcashBusy busy = {};
    /// How many threads search. They start with the first search. At least 1.
    unsigned threads = 1;
    /// How long a message may wait for its stamp, the time behind others included: Errc::timeout
    /// after that. `never` is allowed.
    std::chrono::milliseconds time_limit = std::chrono::seconds(10);
    /// Told of every search that lasts, about ten times a second, on the threads that search. They
    /// wait meanwhile; what it throws is logged.
    std::function<void(const HashcashProgress&)> on_progress = nullptr;
};

/// Makes strangers pay for attention: a message brings a stamp, bytes made for its body, this realm
/// and this time, whose SHA-256 begins with a number of zero bits (protocol.md §13). Whoever pays
/// is served: a stamp says nothing of who sent a message. Whoever overhears it can use it in place
/// of its owner, once. It is found out on threads of its own, while the message waits; where
/// nothing can wait (PluginContext::work), what would have to pay is not sent.
///
/// Answers pay nothing and are not asked for a stamp.
class HashcashAuth final : public AuthPlugin {
public:
    /// No price is higher.
    static constexpr unsigned bits_limit = 64;

    /// Throws std::invalid_argument when the realm or the field has no name, a price is above
    /// bits_limit, or a number is out of range.
    explicit HashcashAuth(HashcashOptions options);
    /// Ends all searches: Errc::cancelled.
    ~HashcashAuth() override;

    /// Errc::pending while a stamp is searched; Errc::timeout after the time limit.
    std::error_code make(AuthFields& fields, ByteView encoded_body,
                         const PluginContext& context) const override;
    /// Refuses as Errc::unpaid, Errc::stale or Errc::replayed.
    bool check(const AuthFields& fields, ByteView encoded_body,
               const PluginContext& context) const override;
    OwnedMessage error() const override;
    bool retry(ByteView content, const PluginContext& context) const override;
    bool may_retry() const noexcept override { return options_.pay > 0; }
    /// Nothing: who began the session has paid.
    const AuthPlugin* within_session() const noexcept override { return nullptr; }

    /// What messages to this node must pay, in zero bits, as of the last one that paid the base
    /// price: it falls only when such a message comes. Thread-safe.
    unsigned price() const noexcept;

private:
    struct State;
    HashcashOptions options_;
    std::unique_ptr<State> state_;
};

/// A shared HashcashAuth, for options: `.auth = hashcash_auth({.realm = "kitchen", .bits = 20})`.
std::shared_ptr<const AuthPlugin> hashcash_auth(HashcashOptions options);

}  // namespace netaio

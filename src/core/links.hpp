#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "callback.hpp"
#include "cookies.hpp"
#include "link.hpp"
#include "node.hpp"
#include "recent.hpp"
#include "source_limiter.hpp"
#include "tally.hpp"

namespace netaio::core {

/// The bounds of sessions over datagrams.
struct LinkBounds {
    std::size_t links_max = 65536;
    std::size_t links_per_host_max = 1024;
    std::size_t path_size = 1200;       ///< bytes that every path carries whole
    std::size_t path_size_max = 65507;  ///< more is not looked for
    bool fragments = false;             ///< whether larger ones are sent all the same
    std::size_t waiting_max = 4 << 20;  ///< bytes that wait for sessions
    double handshakes_per_second = 256;
    double handshakes_per_host = 20;
};

/// What sessions need of the node that has them.
class LinkOwner {
public:
    virtual ~LinkOwner() = default;
    /// A question without a session.
    struct Question {
        std::string content;
        Identities as;  ///< whose secret it is made with, if anybody's
        bool wanted;    ///< by the program; otherwise the address may be forged
        bool strict;    ///< whether only an answer with its id counts
        std::chrono::milliseconds timeout;
    };
    virtual Result<RequestTable::Id> ask(const Address& to, const Question& question,
                                         RequestTable::Completion completion) = 0;
    /// Whose secret was noted last at an address without a session; null where none was.
    virtual const Identities* noted_at(const Address& at) const = 0;
    /// Gives such a question up, which is not told any more.
    virtual void withdraw(const Address& to, RequestTable::Id id) = 0;
    /// Seals frames in the present session, and has them sent; `whole` or not at all.
    virtual void send_sealed(Link& link, const Address& to, ByteView frames, bool whole,
                             std::span<const RequestId> requests = {}) = 0;
    /// A session began, or there is another one.
    virtual void began(const std::shared_ptr<Link>& link) = 0;
    /// Whoever was at one address is at another.
    virtual void moved(const Address& from, const Address& to) = 0;
    /// Somebody else is there.
    virtual void replaced(const Address& at) = 0;
    /// next() may be sooner than it was.
    virtual void due_sooner() = 0;
};

/// The sessions of a node over datagrams, as WireGuard has them: by the addresses of others, and by
/// what they are called in what is sent to this node (protocol.md §16). Not thread-safe.
class Links {
public:
    using TimePoint = DatagramSession::TimePoint;

    Links(Node& node, Tallies& tallies, LinkOwner& owner, const LinkBounds& bounds);
    ~Links();
    Links(const Links&) = delete;
    Links& operator=(const Links&) = delete;

    struct KeyHash {
        std::size_t operator()(const SessionKey& key) const noexcept;
    };
    /// How somebody is spoken to, if at all.
    enum class Way : std::uint8_t { clear, sealed, undecided, none };
    struct Found {
        Way way = Way::clear;
        std::shared_ptr<Link> link = nullptr;
        std::error_code why = {};  // of none
    };
    /// How to speak to somebody; a session is asked for where that is not known, and what is to be
    /// said can wait for that. `wanted` as for LinkOwner::ask().
    Found way_to(const Address& to, bool wanted);
    /// How it is now.
    Found way_now(const Address& to) const;
    /// Has it wait until the way is decided, or is known to carry it. Whether there is room.
    bool wait(Link& link, Link::Waiting waiting);
    /// Of several addresses of somebody, as of who moved without saying so, where a session began
    /// last; the others are taken out.
    template <class Target>
    void tell_once(std::vector<Target>& targets) const {
        std::unordered_map<SessionKey, const Link*, KeyHash> latest;
        const auto somebody = [&](const Target& target) {
            const auto found = links_.find(target.to);
            return found != links_.end() && found->second->is_somebody() ? found->second.get()
                                                                         : nullptr;
        };
        for (const Target& target : targets) {
            if (const Link* const link = somebody(target)) {
                const Link*& last = latest[*link->key];
                last = !last || last->began_at() < link->began_at() ? link : last;
            }
        }
        std::erase_if(targets, [&](const Target& target) {
            const Link* const link = somebody(target);
            return link && latest[*link->key] != link;
        });
    }
    /// Whether nothing counts from there without a session.
    bool has_somebody_at(const Address& at) const;
    /// It says that it has sessions, whatever it said before.
    void forget_decline(const Address& at) { declined_.erase(at); }
    /// Whether somebody with a session at any of these speaks, or there is nobody.
    bool may_speak_for(const std::set<Address>& all, const Source& source) const;
    /// Something came without a session from where there is somebody: perhaps it started anew.
    void doubt(const Address& at);
    /// Has a session with whoever is there, and tells it of this node then.
    void introduce_to(const Address& to);

    /// Answers a handshake. Nothing where the answer is sealed, or nothing is to be said.
    std::optional<OwnedMessage> shake_hands(const Message& asked, const Address& from);

    struct Opened {
        std::shared_ptr<Link> link;
        std::span<char> frames;
    };
    /// Opens a sealed datagram in place; nothing where it is nobody's.
    std::optional<Opened> open(const Frame& sealed, const Address& from);
    /// Takes a frame of a datagram that is for the session itself; how long that was if it is the
    /// only one.
    void take_own(const std::shared_ptr<Link>& link, ByteView body, const Address& from,
                  std::optional<std::size_t> size);

    /// How many bytes a frame may have that is sent there.
    std::size_t frame_max(const Link& link) const noexcept;
    /// The same once it is known what the path carries.
    std::size_t frame_max_soon(const Link& link) const noexcept;
    /// Whether that may become more.
    static bool may_grow(const Link& link) noexcept { return link.path.looks(); }
    /// Has a frame sealed with others, at the latest by seal_all().
    void pack(const std::shared_ptr<Link>& link, ByteView frame, std::optional<RequestId> request);
    void seal_all();
    std::size_t packed_bytes() const noexcept { return packed_bytes_; }
    /// What waits takes.
    std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }
    /// The system did not send a sealed datagram.
    void not_sent(const Address& to, std::size_t size, bool too_large);

    /// Ends sessions whose secret the node does not have any more.
    void end_with_other_secrets();
    /// Says what would be said in time so that others know that what they said came.
    void answer_all();
    /// Ends all, and whatever waits.
    void end_all(std::error_code why) noexcept;
    /// Does what is due.
    void tick();
    /// When it is to be called next.
    std::optional<TimePoint> next() const;
    std::size_t size() const noexcept { return links_.size(); }

private:
    using Index = datagram_handshake::Index;

    // Who is there, as a handshake showed.
    struct Proved {
        SessionKey key = {};
        bool lasting = false;
        SessionSecret secret = {};
    };
    // A handshake that the other began, and has not proved yet.
    struct Pending {
        Address from;
        std::list<Index>::iterator place;
        Index other = 0;
        TimePoint began = {};
        Proved who = {};
        std::optional<datagram_handshake::Answerer> answerer = std::nullopt;  // of two questions
        std::unique_ptr<DatagramSession> session = nullptr;
    };
    using PendingOnes = std::map<Index, Pending>;
    enum class Sent { to_be_answered, unanswered, whole };

    const SessionTerms& terms() const noexcept { return *node_.session; }
    TimePoint now() const { return node_.environment.clock->steady_now(); }
    Random& random() const { return *node_.environment.random; }
    Index new_index();
    std::shared_ptr<Link> link_at(const Address& at) const;
    std::shared_ptr<Link> make(const Address& at);
    bool drop(const std::shared_ptr<Link>& link);
    void end(const std::shared_ptr<Link>& link, std::error_code why);
    void make_room(Link& oldest, std::string_view whose);
    void leave_host(const Link& link);
    void set_due(Link& link);
    void look_after(const std::shared_ptr<Link>& link);
    void look_after_session(const std::shared_ptr<Link>& link, TimePoint time);
    void forget(std::unique_ptr<DatagramSession>& session) noexcept;

    void ask(const std::shared_ptr<Link>& link, bool wanted, bool as_unheard = false);
    void ask_once(const std::shared_ptr<Link>& link);
    void insist(const std::shared_ptr<Link>& link, bool wanted);
    void say(const std::shared_ptr<Link>& link, std::string content);
    std::chrono::milliseconds wait_of(const Link& link) const;
    void answered(const std::shared_ptr<Link>& link, std::error_code error, const Message* answer);
    void first_answer(const std::shared_ptr<Link>& link, ByteView content);
    void silent(const std::shared_ptr<Link>& link);
    void not_agreed(const std::shared_ptr<Link>& link);
    void declined(const std::shared_ptr<Link>& link, std::chrono::seconds holds);
    void expire_waiting(const std::shared_ptr<Link>& link);
    void fail(const std::shared_ptr<Link>& link, std::error_code why,
              const std::string& in_words = {});
    void stop_asking(Link& link) noexcept;
    bool must_have_one(const Link& link) const noexcept;
    bool is_wanted(const Link& link) const;
    static const std::optional<SessionKey>& expected_at(const Link& link) noexcept;
    void go_on(const std::shared_ptr<Link>& link, std::error_code why);

    std::shared_ptr<Link> succeed(const std::shared_ptr<Link>& link);
    std::shared_ptr<Link> establish(std::shared_ptr<Link> link,
                                    std::unique_ptr<DatagramSession> session, const Proved& proved,
                                    Sent sign);
    void settle_crossing(Link& link);
    std::optional<OwnedMessage> refuse(const Address& from, std::string_view why);
    bool many_ask();
    bool is_affordable(const Address& from);
    std::optional<OwnedMessage> first_question(const datagram_handshake::Asked& question,
                                               SessionSecret secret, const Address& from);
    std::optional<OwnedMessage> second_question(const datagram_handshake::Asked& question,
                                                const SessionSecret& secret, const Address& from);
    PendingOnes::node_type take_pending(PendingOnes::iterator pending) noexcept;
    std::optional<std::string> why_not(const SessionPeer& peer) const;
    std::shared_ptr<Link> prove(PendingOnes::iterator pending);
    void heard(Link& link, bool spoke);
    void challenge(const std::shared_ptr<Link>& link, const Address& from);
    bool may_be_at(const Link& link, const Address& at) const;
    void move(const std::shared_ptr<Link>& link, const Address& to);
    std::shared_ptr<Link> prove_asked(const std::shared_ptr<Link>& link);
    static std::size_t frame_in(std::size_t datagram) noexcept;
    void seal(const std::shared_ptr<Link>& link);
    void renew_in_time(const std::shared_ptr<Link>& link);
    void say_sealed(Link& link, ByteView frames, Sent how,
                    std::span<const RequestId> requests = {});
    void probe_path(Link& link, std::size_t size);
    void say_challenge(Link& link);
    void say_own(Link& link, ByteView body, Sent how);
    template <class Work>
    void attempt_to(Work&& work) const noexcept {
        core::attempt(node_.environment.log, "a session goes on all the same", work);
    }

    Node& node_;
    Tallies& tallies_;
    LinkOwner& owner_;
    LinkBounds bounds_;
    std::unordered_map<Address, std::shared_ptr<Link>> links_;
    std::unordered_map<Address, Link::Order> at_host_;
    Link::Order order_;      // that got a session longest ago first
    Link::Order strangers_;  // that never had one
    std::size_t waiting_bytes_ = 0;
    std::unordered_map<Index, Link*> by_index_;
    std::set<std::pair<TimePoint, Link*>> due_;
    PendingOnes pending_;
    std::list<Index> pending_order_;  // the oldest first
    std::vector<std::shared_ptr<Link>> packed_;
    std::size_t packed_bytes_ = 0;
    std::string spare_;  // memory for what is packed next
    Recent<Address, TimePoint> declined_;
    Recent<SessionKey, std::uint64_t, KeyHash> asked_at_;  // whoever asked, by their clocks
    Cookies cookies_;
    SourceLimiter load_;
    SourceLimiter hosts_;
    SourceLimiter doubts_;
    std::uint64_t attempts_ = 0;
};

}  // namespace netaio::core

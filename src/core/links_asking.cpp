#include <algorithm>

#include "links.hpp"
#include "outgoing.hpp"

/// How sessions over datagrams are asked for.
namespace netaio::core {
namespace {

// How long the answer to a question is waited for: longer each time.
constexpr std::chrono::milliseconds first_patience(250);
constexpr std::chrono::milliseconds longest_patience(2000);  // while something waits for it
constexpr std::chrono::milliseconds longest_idle_patience(16'000);
// With a plugin that keeps questions back for a while, as for a stamp.
constexpr std::chrono::seconds patience_with_plugins(30);
// How long a node is not asked again that knows no sessions, or said nothing.
constexpr std::chrono::minutes declined_for{5};
constexpr std::chrono::seconds silence_counts_for{30};
// How long nothing is tried after it failed.
constexpr std::chrono::seconds failed_for(1);
// How often somebody is asked only to be told of this node.
constexpr unsigned introductions_max = 4;

}  // namespace

bool Links::must_have_one(const Link& link) const noexcept {
    return terms().requires_one() || link.is_somebody() || (link.asking && link.asking->pinned);
}

// Whether anything is to be said there.
bool Links::is_wanted(const Link& link) const {
    return !link.waiting.empty() || link.current || link.tells_peer;
}

void Links::ask(const std::shared_ptr<Link>& link, bool wanted, bool as_unheard) {
    link->asking = std::make_unique<Link::Asking>();
    Link::Asking& asking = *link->asking;
    asking.began = now();
    asking.wanted = wanted;
    asking.as_unheard = as_unheard;
    asking.again_at = asking.began + first_patience;  // whatever is thrown before it is asked
    set_due(*link);
    const auto expected = terms().expected(link->at.str());
    if (!expected) {
        fail(link, expected.error());
        return;
    }
    asking.pinned = *expected;
    ask_once(link);
}

// By what key the other is asked.
const std::optional<SessionKey>& Links::expected_at(const Link& link) noexcept {
    return link.asking->pinned ? link.asking->pinned : link.key;
}

void Links::ask_once(const std::shared_ptr<Link>& link) {
    Link::Asking& asking = *link->asking;
    if (asking.index != 0) {
        by_index_.erase(asking.index);
    }
    asking.session = nullptr;
    // The question is made with the same secret, which the other may know by its name.
    asking.secret =
        session_secret(node_.outer.get(),
                       link->secret.who.empty() ? owner_.noted_at(link->at) : &link->secret.who);
    asking.index = new_index();
    by_index_[asking.index] = link.get();
    asking.asker.emplace(terms(), asking.secret.psk,
                         asking.learns ? std::optional<SessionKey>() : expected_at(*link),
                         asking.index, random());
    say(link, asking.asker->ask(node_.environment.clock->now(), link->cookie));
}

// Asks again where that was long ago, as somebody speaks by now.
void Links::insist(const std::shared_ptr<Link>& link, bool wanted) {
    Link::Asking& asking = *link->asking;
    if (asking.question && now() - asking.said_at >= longest_patience &&
        !may_retry(node_.outer.get())) {
        owner_.withdraw(link->at, *std::exchange(asking.question, std::nullopt));
        asking.wanted = asking.wanted || wanted;
        ask_once(link);
    }
}

// Who does not insist waits once more at most, for as long as is left.
std::chrono::milliseconds Links::wait_of(const Link& link) const {
    const Link::Asking& asking = *link.asking;
    const auto longest =
        link.waiting.empty() && link.current ? longest_idle_patience : longest_patience;
    auto wait = std::min(first_patience * (1 << std::min(asking.silences, 6U)), longest);
    if (!must_have_one(link)) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            asking.began + terms().options.patience - now());
        wait = std::max(asking.silences > 0 ? left : std::min(wait, left),
                        std::chrono::milliseconds(1));
    }
    return may_retry(node_.outer.get())
               ? std::max<std::chrono::milliseconds>(wait, patience_with_plugins)
               : wait;
}

void Links::say(const std::shared_ptr<Link>& link, std::string content) {
    Link::Asking& asking = *link->asking;
    const std::uint64_t number = ++attempts_;
    asking.attempt = number;
    const auto wait = wait_of(*link);
    asking.said_at = now();
    asking.again_at = asking.said_at + wait;
    const auto id = owner_.ask(
        link->at,
        {.content = std::move(content),
         .as = asking.secret.who,
         .wanted = asking.wanted,
         .strict = must_have_one(*link),
         .timeout = wait},
        [this, asked = std::weak_ptr(link), number](std::error_code error, const Message* answer) {
            const auto there = asked.lock();
            if (there && there->asking && there->asking->attempt == number) {
                there->asking->question.reset();
                answered(there, error, answer);
            }
        });
    if (!link->asking || link->asking->attempt != number) {
        return;
    }
    if (!id && !asking.wanted) {
        // Beyond the budget for addresses that may be forged: who has something to say asks anew.
        stop_asking(*link);
        set_due(*link);
        go_on(link, id.error());
    } else if (!id) {
        fail(link, id.error());
    } else {
        link->asking->question = *id;
    }
}

void Links::answered(const std::shared_ptr<Link>& link, std::error_code error,
                     const Message* answer) {
    if (error == Errc::timeout) {
        silent(link);
    } else if (error == Errc::cancelled || error == Errc::closed) {
        stop_asking(*link);
        go_on(link, error);
    } else if (error && !is_refusal(error)) {
        fail(link, error);
    } else if (error || answer->type() == MessageType::auth_error) {
        not_agreed(link);
    } else if (answer->type() == MessageType::respond_uri) {
        first_answer(link, answer->content());
    } else {
        declined(link, declined_for);
    }
}

void Links::first_answer(const std::shared_ptr<Link>& link, ByteView content) {
    Link::Asking& asking = *link->asking;
    // Of a copy: what does not open may be somebody else's.
    auto asker = *asking.asker;
    auto answer = asker.take(content, link->cookie);
    if (!answer) {
        not_agreed(link);
        return;
    }
    if (answer->cookie) {
        link->cookie = answer->cookie;
        if (!std::exchange(asking.insists, true)) {
            ask_once(link);
        } else {
            set_due(*link);  // who gives one again and again is asked again in time
        }
        return;
    }
    asking.asker.emplace(std::move(asker));
    auto agreed = asking.asker->agreed();
    if (const auto refused =
            terms().refusal(asking.pinned, {link->at, agreed.key, agreed.lasting})) {
        fail(link, refused->code, refused->why);
        return;
    }
    auto session = std::make_unique<DatagramSession>(
        DatagramSession::Indexes{asking.index, asking.asker->other_index()}, std::move(agreed.keys),
        true, now());
    asking.lasting = agreed.lasting;
    asking.session = std::move(session);
    if (answer->third.empty()) {
        prove_asked(link);
    } else {
        say(link, std::move(answer->third));
    }
}

// The session is there at the other end, too, or will be with the first that is sealed. Whose it
// is; null where its key cannot be kept.
std::shared_ptr<Link> Links::prove_asked(const std::shared_ptr<Link>& link) {
    Link::Asking& asking = *link->asking;
    const SessionKey key = asking.asker->other();
    if (const auto error =
            terms().keep(link->at.str(), asking.pinned, {link->at, key, asking.lasting}, node_)) {
        fail(link, error);
        return nullptr;
    }
    // Whoever was asked twice has proved it by now, and says nothing to an empty one.
    const bool by_one_question = expected_at(*link) && !asking.learns;
    const Proved proved{key, asking.lasting, std::move(asking.secret)};
    auto session = std::move(asking.session);
    asking.index = 0;  // which is that one's now
    return establish(link, std::move(session), proved,
                     by_one_question ? Sent::to_be_answered : Sent::unanswered);
}

void Links::silent(const std::shared_ptr<Link>& link) {
    ++link->asking->silences;
    const std::uint64_t attempt = link->asking->attempt;
    expire_waiting(link);
    if (!link->asking || link->asking->attempt != attempt) {
        return;
    }
    Link::Asking& asking = *link->asking;
    if (asking.silences >= introductions_max) {
        link->tells_peer = false;
    }
    if (!must_have_one(*link) && now() - asking.began >= terms().options.patience) {
        declined(link, silence_counts_for);
    } else if (is_wanted(*link)) {
        ask_once(link);
    } else {
        stop_asking(*link);
        set_due(*link);
    }
}

// Whoever is there is not whose key was meant, has another secret, or does not want to.
void Links::not_agreed(const std::shared_ptr<Link>& link) {
    if (expected_at(*link) && !std::exchange(link->asking->learns, true)) {
        ask_once(link);
    } else {
        declined(link, declined_for);
    }
}

void Links::declined(const std::shared_ptr<Link>& link, std::chrono::seconds holds) {
    if (link->current) {
        // What is not sealed may be anybody's.
        stop_asking(*link);
        link->ask_at = now() + failed_for;
        set_due(*link);
    } else if (must_have_one(*link)) {
        fail(link, Errc::no_session);
    } else {
        node_.log(LogLevel::debug, "no session: it agrees to none", link->at);
        declined_.at(link->at) = now() + holds;
        drop(link);
        go_on(link, {});
    }
}

void Links::fail(const std::shared_ptr<Link>& link, std::error_code why,
                 const std::string& in_words) {
    tallies_.sessions_refused.add();
    node_.log(why == Errc::peer_changed ? LogLevel::error : LogLevel::warning,
              "no session: " + (in_words.empty() ? why.message() : in_words), link->at);
    stop_asking(*link);
    link->ask_at = now() + failed_for;
    if (!link->current) {
        link->failed = why;
    }
    set_due(*link);
    go_on(link, link->current ? std::error_code() : why);
}

void Links::stop_asking(Link& link) noexcept {
    if (const auto asking = std::move(link.asking)) {
        if (asking->index != 0) {
            by_index_.erase(asking->index);
        }
        if (asking->question) {
            attempt_to([&] { owner_.withdraw(link.at, *asking->question); });
        }
    }
}

}  // namespace netaio::core

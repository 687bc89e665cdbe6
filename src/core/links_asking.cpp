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
// How long nothing is tried after it failed.
constexpr std::chrono::seconds failed_for(1);

}  // namespace

bool Links::must_have_one(const Link& link) const noexcept {
    return terms().options.policy == SessionPolicy::require || !terms().options.peer_keys.empty() ||
           link.is_somebody() || (link.asking && link.asking->pinned);
}

// Whether anything is to be said there.
bool Links::is_wanted(const Link& link) const {
    return !link.waiting.empty() || link.current || link.tells_peer;
}

void Links::ask(const std::shared_ptr<Link>& link, bool wanted) {
    const auto& options = terms().options;
    link->asking = std::make_unique<Link::Asking>();
    Link::Asking& asking = *link->asking;
    asking.began = now();
    if (options.known) {
        const auto known = options.known->find(link->at.str());
        if (!known) {
            fail(link, known.error());
            return;
        }
        asking.expected = *known;
    }
    if (!asking.expected && options.peer_keys.size() == 1) {
        asking.expected = options.peer_keys.front();
    }
    asking.pinned = asking.expected.has_value();
    if (!asking.expected) {
        asking.expected = link->key;
    }
    ask_once(link, wanted);
}

void Links::ask_once(const std::shared_ptr<Link>& link, bool wanted) {
    Link::Asking& asking = *link->asking;
    if (asking.index != 0) {
        by_index_.erase(asking.index);
    }
    asking.session = nullptr;
    asking.secret = session_secret(node_.outer.get(), nullptr);
    asking.index = new_index();
    by_index_[asking.index] = link.get();
    asking.asker.emplace(terms(), asking.secret.psk,
                         asking.learns ? std::optional<SessionKey>() : asking.expected,
                         asking.index, random());
    say(link, asking.asker->ask(node_.environment.clock->now(), link->cookie), wanted);
}

// Asks again where that was long ago, as somebody speaks by now.
void Links::insist(const std::shared_ptr<Link>& link, bool wanted) {
    Link::Asking& asking = *link->asking;
    if (asking.question && now() - asking.said_at >= longest_patience &&
        !may_retry(node_.outer.get())) {
        owner_.withdraw(link->at, *std::exchange(asking.question, std::nullopt));
        ask_once(link, wanted);
    }
}

void Links::say(const std::shared_ptr<Link>& link, ByteView content, bool wanted) {
    Link::Asking& asking = *link->asking;
    asking.said_at = now();
    const auto longest =
        link->waiting.empty() && link->current ? longest_idle_patience : longest_patience;
    auto wait = std::min(first_patience * (1 << std::min(asking.silences, 6U)), longest);
    if (!must_have_one(*link)) {
        const auto left = asking.began + terms().options.patience - now();
        wait = std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                          std::chrono::milliseconds(1), wait);
    }
    if (may_retry(node_.outer.get())) {
        wait = std::max<std::chrono::milliseconds>(wait, patience_with_plugins);
    }
    const std::uint64_t number = ++attempts_;
    asking.attempt = number;
    const auto id = owner_.ask(
        link->at, content, wanted, wait,
        [this, asked = std::weak_ptr(link), number](std::error_code error, const Message* answer) {
            const auto there = asked.lock();
            if (there && there->asking && there->asking->attempt == number) {
                there->asking->question.reset();
                answered(there, error, answer);
            }
        });
    if (!id) {
        fail(link, id.error());
    } else if (link->asking) {
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
    } else if (!error && answer->type() == MessageType::respond_uri) {
        first_answer(link, answer->content());
    } else if (error || answer->type() == MessageType::auth_error) {
        not_agreed(link);
    } else {
        declined(link);
    }
}

void Links::first_answer(const std::shared_ptr<Link>& link, ByteView content) {
    Link::Asking& asking = *link->asking;
    auto answer = asking.asker->take(content, link->cookie);
    if (!answer) {
        not_agreed(link);
        return;
    }
    if (answer->cookie) {
        link->cookie = answer->cookie;
        if (std::exchange(asking.insists, true)) {
            silent(link);
        } else {
            ask_once(link, true);
        }
        return;
    }
    auto agreed = asking.asker->agreed();
    if (const auto refused = judge(*link, agreed)) {
        fail(link, refused);
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
        say(link, answer->third, true);
    }
}

// The session is there at the other end, too, or will be with the first that is sealed. Whose it
// is; null where its key cannot be kept.
std::shared_ptr<Link> Links::prove_asked(const std::shared_ptr<Link>& link) {
    Link::Asking& asking = *link->asking;
    const auto& known = terms().options.known;
    const SessionKey key = asking.asker->other();
    if (known && !asking.pinned && asking.lasting) {
        if (const auto error = known->add(link->at.str(), key)) {
            fail(link, error);
            return nullptr;
        }
        node_.log(LogLevel::info, "its key is known from now on: " + to_string(key), link->at);
    }
    // Whoever was asked twice has proved it by now, and says nothing to an empty one.
    const bool by_one_question = asking.expected && !asking.learns;
    return establish(link, std::move(asking.session), key, std::move(asking.secret),
                     by_one_question ? Sent::to_be_answered : Sent::unanswered);
}

// Whether that is who should be there.
std::error_code Links::judge(const Link& link, const Agreed& agreed) const {
    const auto& keys = terms().options.peer_keys;
    const bool is_another = link.asking->pinned && *link.asking->expected != agreed.key;
    if (is_another || (!keys.empty() && std::ranges::find(keys, agreed.key) == keys.end())) {
        node_.log(LogLevel::error,
                  "no session: " + to_string(agreed.key) + " " +
                      (is_another ? "in the place of " + to_string(*link.asking->expected)
                                  : "is none that is admitted") +
                      "; somebody may be in between. Have its owner confirm the new key, and only "
                      "then put it in the place of the old one",
                  link.at);
        return Errc::peer_changed;
    }
    if (!terms().admits({link.at, agreed.key, agreed.lasting})) {
        return Errc::no_session;
    }
    return {};
}

void Links::silent(const std::shared_ptr<Link>& link) {
    Link::Asking& asking = *link->asking;
    ++asking.silences;
    const auto time = now();
    auto given_up = std::move(link->waiting);
    const auto kept = std::ranges::partition(
        given_up, [&](const auto& waiting) { return waiting.until <= time; });
    link->waiting.assign(std::make_move_iterator(kept.begin()),
                         std::make_move_iterator(kept.end()));
    given_up.erase(kept.begin(), given_up.end());
    for (auto& waiting : given_up) {
        attempt_to([&] { waiting.go_on(Errc::timeout); });
    }
    if (!link->asking) {
        return;
    }
    if (!must_have_one(*link) && time - asking.began >= terms().options.patience) {
        declined(link);
    } else if (is_wanted(*link)) {
        ask_once(link, true);
    } else {
        stop_asking(*link);
        set_due(*link);
    }
}

// Whoever is there is not whose key was meant, has another secret, or does not want to.
void Links::not_agreed(const std::shared_ptr<Link>& link) {
    Link::Asking& asking = *link->asking;
    if (asking.expected && !std::exchange(asking.learns, true)) {
        ask_once(link, true);
    } else {
        declined(link);
    }
}

void Links::declined(const std::shared_ptr<Link>& link) {
    if (link->current) {
        // What is not sealed may be anybody's.
        stop_asking(*link);
        link->ask_at = now() + failed_for;
        set_due(*link);
    } else if (terms().options.policy == SessionPolicy::require ||
               !terms().options.peer_keys.empty() || link->asking->pinned) {
        fail(link, Errc::no_session);
    } else {
        node_.log(LogLevel::debug, "no session: it agrees to none", link->at);
        declined_.at(link->at) = now() + declined_for;
        if (link->is_somebody()) {
            owner_.replaced(link->at);
        }
        drop(link);
        go_on(link, {});
    }
}

void Links::fail(const std::shared_ptr<Link>& link, std::error_code why) {
    tallies_.sessions_refused.add();
    node_.log(LogLevel::warning, "no session: " + why.message(), link->at);
    stop_asking(*link);
    link->ask_at = now() + failed_for;
    if (!link->current) {
        link->failed = why;
    }
    set_due(*link);
    go_on(link, link->failed);
}

void Links::stop_asking(Link& link) noexcept {
    if (const auto asking = std::move(link.asking)) {
        if (asking->index != 0 && !(link.current && link.current->own_index() == asking->index)) {
            by_index_.erase(asking->index);
        }
        if (asking->question) {
            attempt_to([&] { owner_.withdraw(link.at, *asking->question); });
        }
    }
}

}  // namespace netaio::core

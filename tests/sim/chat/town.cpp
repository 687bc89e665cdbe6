#include "town.hpp"

#include <algorithm>
#include <utility>

namespace netaio::chat::sim {

using namespace std::chrono_literals;

namespace {

// How long until a parcel is carried again of which nobody said that it came.
constexpr Duration carry_again = 20s;
// How long a way is open, or closed.
constexpr std::uint64_t way_seconds = 60;
constexpr std::size_t fetched_at_once = 10;

}  // namespace

Talker::Talker(World& world, const test::TemporaryFolder& folder, std::size_t number)
    : world_(world),
      identity_(Cast::of_all_seeds().people()[number]),
      name_(Cast::name_of(number)),
      file_(folder.file(Cast::file_of(number))) {
    begin();
}

void Talker::begin() {
    end();
    const double was_killed = std::exchange(killed, 0);
    chat_ = std::make_unique<Chat>(identity_, name_, file_, world_.environment(), events());
    killed = was_killed;
}

void Talker::end() {
    chat_.reset();
    carried.clear();
}

bool Talker::with(const std::function<void(Chat&)>& work) {
    if (!chat_) return false;
    try {
        work(*chat_);
        return true;
    } catch (const Killed&) {
        begin();
        return false;
    }
}

void Talker::tell() {
    if (world_.dice().chance(killed)) throw Killed();
}

TalkEvents Talker::events() {
    return {.said = [this](const Place&, const Line&) { tell(); },
            .marked =
                [this](const Place& where, const Line& line) {
                    if (on_delivered && line.mark >= Mark::delivered) on_delivered(where, line);
                    tell();
                },
            .noticed =
                [this](const Notice& notice) {
                    splits_told += notice.kind == Notice::Kind::room_split;
                    tell();
                },
            .changed = [this] { tell(); }};
}

Town::Town(std::uint64_t seed, double by_relay)
    : world(seed), by_relay_(by_relay), ways_(world.dice().next()) {
    Cast::of_all_seeds().equip(folder_);
    restart_relay();
    for (std::size_t number = 0; number < cast_size; ++number) {
        talkers.push_back(std::make_unique<Talker>(world, folder_, number));
    }
}

Talker& Town::at(const PublicKey& key) {
    return **std::ranges::find_if(talkers, [&](const auto& one) { return one->key() == key; });
}

void Town::restart_relay() {
    relay_.reset();
    relay_ = std::make_unique<Mailboxes>(folder_.file(Cast::relay_file), MailboxLimits{},
                                         world.environment());
}

bool Town::is_open(const Talker* from, const Talker* to) const {
    if ((from && away.contains(from->key())) || (to && away.contains(to->key()))) return false;
    // The same for as long as a way stays as it is.
    const auto octet = [](const Talker* who) { return who ? who->key().bytes().octets()[0] : 0u; };
    const auto age = static_cast<std::uint64_t>(world.now().time_since_epoch() /
                                                std::chrono::seconds(way_seconds));
    SeededRandom way(ways_ + age * 65'537 + octet(from) * 257u + octet(to));
    return !way.chance(weather.closed);
}

void Town::post(const Talker* from, const Talker* to, const Arrived& arrived) {
    const auto arrive_after = [&](Duration most) {
        world.after(dice().between(0ms, most), [this, to, arrived] {
            if (!to || (to->runs() && !away.contains(to->key()))) arrived();
        });
    };
    if (!is_open(from, to)) return;
    if (!dice().chance(weather.loss)) arrive_after(weather.delay);
    if (dice().chance(weather.copies)) arrive_after(20 * weather.delay);
}

void Town::ask_bundle(Talker& from, Talker& whom) {
    const auto came = [&from](const std::optional<PrekeyBundle>& bundle) {
        from.with([&](Chat& chat) {
            if (bundle) (void)chat.bundle_came(*bundle);
        });
    };
    if (!dice().chance(by_relay_)) {
        post(&from, &whom, [this, &from, &whom, came] {
            std::optional<PrekeyBundle> bundle;
            whom.with([&](Chat& chat) { bundle = chat.bundle_to_hand_out(); });
            post(&whom, &from, [came, bundle] { came(bundle); });
        });
    } else {
        post(&from, nullptr, [this, &from, &whom, came] {
            const auto bundle = handed_out(*relay_, whom.key());
            post(nullptr, &from, [came, bundle] { came(bundle); });
        });
    }
}

void Town::bring(Talker& from, const Parcel& parcel) {
    Talker& to = at(parcel.to);
    post(&from, &to, [this, &from, &to, parcel] {
        if (!to.with([&](Chat& chat) { (void)chat.receive(parcel.envelope); })) return;
        post(&to, &from, [&from, number = parcel.number] {
            from.with([&](Chat& chat) { chat.was_taken(number); });
        });
    });
}

void Town::leave_at_relay(Talker& from, const Parcel& parcel) {
    post(&from, nullptr, [this, &from, parcel] {
        if (!relay_->put(mailbox_of(parcel.to), parcel.envelope)) return;
        post(nullptr, &from, [&from, number = parcel.number] {
            from.with([&](Chat& chat) { chat.is_at_relay(number); });
        });
    });
}

bool Town::carry(Talker& from) {
    bool has_any = false;
    from.with([&](Chat& chat) {
        const auto wanted = chat.wants_bundle();
        const auto parcels = chat.parcels();
        has_any = !wanted.empty() || !parcels.empty();
        for (const PublicKey& whom : wanted) ask_bundle(from, at(whom));
        for (const Parcel& parcel : parcels) {
            const auto left = from.carried.find(parcel.number);
            if (left != from.carried.end() && world.now() < left->second + carry_again) continue;
            from.carried[parcel.number] = world.now();
            dice().chance(by_relay_) ? leave_at_relay(from, parcel) : bring(from, parcel);
        }
    });
    return has_any;
}

void Town::fetch(Talker& who) {
    if (!who.runs() || by_relay_ == 0) return;
    post(&who, nullptr, [this, &who] {
        const auto waiting = relay_->fetch(mailbox_of(who.key()), 0, fetched_at_once).value();
        post(nullptr, &who, [this, &who, waiting] {
            std::vector<std::uint64_t> taken;
            for (const WaitingEnvelope& one : waiting) {
                if (!who.with([&](Chat& chat) { (void)chat.receive(one.envelope); })) break;
                taken.push_back(one.number);
            }
            if (taken.empty()) return;
            post(&who, nullptr,
                 [this, &who, taken] { (void)relay_->acknowledge(mailbox_of(who.key()), taken); });
        });
    });
}

void Town::leave_prekeys(Talker& who) {
    if (is_open(&who, nullptr)) who.with([&](Chat& chat) { publish(*relay_, chat); });
}

void Town::hand_over(Talker& from, Talker& to) {
    const auto wanted = from.chat().wants_bundle();
    if (std::ranges::find(wanted, to.key()) != wanted.end()) {
        (void)from.chat().bundle_came(to.chat().bundle_to_hand_out());
    }
    for (const Parcel& parcel : from.chat().parcels()) {
        if (parcel.to != to.key()) continue;
        (void)to.chat().receive(parcel.envelope);
        from.chat().was_taken(parcel.number);
    }
}

void Town::catch_up(Talker& one, Talker& other) {
    const double killed[] = {std::exchange(one.killed, 0), std::exchange(other.killed, 0)};
    for (int round = 0; round < 2; ++round) {
        hand_over(other, one);
        hand_over(one, other);
    }
    one.killed = killed[0];
    other.killed = killed[1];
}

}  // namespace netaio::chat::sim

#include "cast.hpp"

#include <filesystem>
#include <netaio/packify.hpp>
#include <optional>

#include "../world.hpp"

namespace netaio::chat::sim {

using netaio::sim::SeededRandom;
using netaio::sim::SimClock;

void publish(Mailboxes& relay, Chat& chat) {
    const MailboxName mailbox = mailbox_of(chat.me());
    const std::string signed_part = pack(chat.bundle().to_value()).value();
    const auto left = relay.publish(mailbox, signed_part, {});
    if (!left) return;
    std::vector<std::string> one_time;
    for (const OneTimePrekey& prekey : chat.prekeys_for_relay(*left)) {
        one_time.push_back(pack(prekey.to_value()).value());
    }
    if (!one_time.empty()) (void)relay.publish(mailbox, signed_part, one_time);
}

std::optional<PrekeyBundle> handed_out(Mailboxes& relay, const PublicKey& whom) {
    const auto prekeys = relay.hand_out(mailbox_of(whom));
    if (!prekeys || !*prekeys) return std::nullopt;
    PrekeyBundle bundle = PrekeyBundle::from_value(unpack((*prekeys)->signed_part).value()).value();
    if (const auto& one_time = (*prekeys)->one_time) {
        bundle.one_time_prekey = OneTimePrekey::from_value(unpack(*one_time).value()).value();
    }
    return bundle;
}

const Cast& Cast::of_all_seeds() {
    static const Cast cast;
    return cast;
}

Cast::Cast() {
    const Environment environment{.clock = std::make_shared<SimClock>(),
                                  .random = std::make_shared<SeededRandom>(0)};
    Mailboxes relay(folder_.file(relay_file), {}, environment);
    for (std::size_t number = 0; number < cast_size; ++number) {
        people_.push_back(Identity::make(*environment.random));
        Chat chat(people_.back(), name_of(number), folder_.file(file_of(number)), environment, {});
        publish(relay, chat);
    }
}

void Cast::equip(const test::TemporaryFolder& folder) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
        std::filesystem::copy_file(entry.path(), folder.path() / entry.path().filename());
    }
}

}  // namespace netaio::chat::sim

#pragma once

#include <algorithm>
#include <netaio/chat/chat.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/mailbox.hpp>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

/// Those who talk in a simulation of the chat: what takes long to make is made once for all seeds.
namespace netaio::chat::sim {

inline constexpr std::size_t cast_size = 4;

inline MailboxName mailbox_of(const PublicKey& owner) {
    MailboxName name;
    std::copy_n(owner.bytes().octets(), name.size(), name.begin());
    return name;
}

/// Puts somebody's prekeys at a relay, as many one-time prekeys as it lacks.
void publish(Mailboxes& relay, Chat& chat);
/// What somebody gets at a relay who wants to write to that person; none without prekeys.
std::optional<PrekeyBundle> handed_out(Mailboxes& relay, const PublicKey& whom);

/// People, with the files that they have when a story begins: they know nobody, and have left their
/// prekeys at the relay.
class Cast {
public:
    static const Cast& of_all_seeds();

    const std::vector<Identity>& people() const noexcept { return people_; }
    /// Copies the files of all, and the relay's, to a folder.
    void equip(const test::TemporaryFolder& folder) const;

    static std::string name_of(std::size_t number) { return "p" + std::to_string(number); }
    static std::string file_of(std::size_t number) { return name_of(number) + ".chat"; }
    static constexpr const char* relay_file = "relay.db";

private:
    Cast();

    test::TemporaryFolder folder_{test::fastest_folder()};
    std::vector<Identity> people_;
};

}  // namespace netaio::chat::sim

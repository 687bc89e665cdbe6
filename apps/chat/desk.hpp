#pragma once

#include <functional>
#include <initializer_list>
#include <netaio/chat/chat.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "commands.hpp"
#include "names.hpp"

namespace netaio::chat_app {

/// What a Desk has others do.
struct DeskCalls {
    /// Says something to the person here; it may be of several lines.
    std::function<void(const std::string& text, bool is_warning)> tell;
    /// The lines go to another place now.
    std::function<void()> chosen;
    /// There is something to be carried.
    std::function<void()> wake;
};

/// Does what the person here types. The chat and the names must outlive it.
class Desk {
public:
    Desk(chat::Chat& chat, const Names& names, DeskCalls calls);

    /// Tells how to begin.
    void greet() const;
    /// Warns of keys that are not accepted, as a notice of it may have been long ago.
    void warn() const;
    /// Whether to go on. What cannot be done is told.
    bool typed(std::string_view line);

    /// Where the lines go.
    const std::optional<chat::Place>& chosen() const noexcept { return chosen_; }
    void choose(const chat::Place& place);
    /// All lines there were shown, or those up to that number. Where that cannot be kept, it is
    /// told once.
    void note_shown(const chat::Place& place, std::uint64_t up_to = UINT64_MAX);

private:
    // What is said of an error, which depends on what was to be done.
    using Reason = std::pair<Errc, std::string>;

    void obey(const Command& command);
    void say(const chat::Place& place, const std::string& text);
    void add(const std::string& copied);
    void show_people() const;
    void make_room(const command::MakeRoom& asked);
    void invite(const command::Invite& asked);
    void remove(const command::Remove& asked);
    void leave();
    void name_stand_in(const command::NameStandIn& asked);
    void show_rooms() const;
    void verify(const command::Verify& asked);
    void receipts(const command::Receipts& asked);
    void export_to(const std::string& file) const;
    void send_file(const command::SendFile& asked);
    void show_files() const;
    void take_file(const command::TakeFile& asked);
    void cancel_file(const command::CancelFile& asked);
    chat::RoomId chosen_room() const;
    void tell(const std::string& text) const { calls_.tell(text, false); }
    /// What is to be said of somebody whose key is not accepted; nothing of others.
    std::optional<std::string> why_refused(const chat::Place& whom) const;
    std::optional<chat::RoomView> view_of(const chat::RoomId& room) const;
    /// Of a room in which one is no member.
    std::string why_none_of(const chat::RoomId& room) const;
    /// Of one where others say who is in it.
    std::string why_not_mine(const chat::RoomId& room) const;
    std::string why_full(const chat::RoomId& room) const;
    /// Throws Misuse for an error, with the reason for it; else wakes who carries.
    void expect_done(const std::error_code& error, const std::string& what,
                     std::initializer_list<Reason> reasons) const;

    chat::Chat& chat_;
    const Names& names_;
    DeskCalls calls_;
    std::optional<chat::Place> chosen_;
    std::string not_kept_;  // why
};

}  // namespace netaio::chat_app

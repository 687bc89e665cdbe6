#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace netaio::chat {

/// What tells a file that is sent from all others with the same person: random.
using FileId = std::array<unsigned char, 16>;

/// Bytes of what a file is called when it is offered.
inline constexpr std::size_t file_name_max = 255;
/// Bytes of the largest file that can be offered.
inline constexpr std::uint64_t file_size_max = std::uint64_t{1} << 40;
/// Bytes of each piece of a file but the last, so that it fits into one message.
inline constexpr std::size_t file_piece_size = 28 * 1024;
/// Pieces that are on their way to one person at most: no more wait in a mailbox at a relay.
inline constexpr std::size_t file_window = 8;
/// Files with one person, in each direction, that have not ended.
inline constexpr std::size_t files_with_one_max = 16;
/// Files that people offer who were never written to.
inline constexpr std::size_t files_of_strangers_max = 32;

/// How far a file has come.
enum class FileState : std::uint8_t {
    read,     ///< its sender reads it, to know its hash
    offered,  ///< its receiver has to take it
    going,    ///< its pieces are on their way
    checked,  ///< its receiver has all of them, and looks whether they are what was offered
    done,     ///< its receiver has it
    ended,    ///< it will not come; see FileEnd
};

/// Why a file does not come. Both ends are told.
enum class FileEnd : std::uint8_t {
    none,
    refused,     ///< its receiver did not want it
    cancelled,   ///< one of both did not want to go on
    too_many,    ///< too many files are offered at once
    not_whole,   ///< it is not what was offered
    not_kept,    ///< its receiver cannot write it, as where the disk is full
    unreadable,  ///< its sender cannot read it any more, or it is another now
    broken,      ///< its pieces did not come as they have to
    unknown,     ///< its receiver does not know it
};

/// A file on its way, as people are shown it.
struct FileView {
    FileId id{};
    std::uint64_t number = 0;  ///< by which people name it; given anew once it has ended
    PublicKey with;
    bool own = false;         ///< sent by oneself
    std::string name = {};    ///< as it was offered: show it by shown_text.hpp
    std::uint64_t size = 0;   ///< bytes
    std::uint64_t there = 0;  ///< bytes that its receiver has, as far as is known here
    FileState state = FileState::read;
    FileEnd why = FileEnd::none;  ///< when it has ended
    bool ended_here = false;      ///< whether this end did that
    std::string detail = {};      ///< where it is kept; or what the system said
};

/// How much of it is there, from 0 to 100.
unsigned percent_of(const FileView& file) noexcept;
/// A file in a line that can be shown: its name, its size, and how far it has come.
std::string text_of(const FileView& file);

/// Which files somebody takes.
struct FileOptions {
    /// Where they are kept; made for its owner alone when the first comes. Without one none is
    /// taken.
    std::string folder = {};
    /// Bytes of the largest that is taken without asking, from people who were written to.
    std::uint64_t limit = 10 * 1024 * 1024;
};

/// Told by Files, within its calls; none may call back into it.
struct FilesEvents {
    /// One was offered, has come further by a percent at least, or has ended.
    std::function<void(const FileView&)> changed = {};
    std::function<void(const Notice&)> noticed = {};
};

/// Files that one person sends to others, each to one, and gets from them. A file is offered with
/// its size and its hash (BLAKE2b); once its receiver takes it, it goes in pieces, each a message
/// like any other. Its sender goes on as the receiver's messenger says that pieces came, so that
/// file_window of them are on their way at most. They are written to a part file, which gets the
/// file's name when all of it is there and has that hash.
///
/// All of the state is in the vault, so that files go on where they were. Each call belongs into
/// one transaction with what its caller changes. Whatever others send is refused as a value: they
/// can neither choose where a file is kept, nor replace one, nor have more written than they
/// offered. Not thread-safe.
class Files {
public:
    /// Keeps a content for somebody until they have it, as Messenger::send() does.
    using Send = std::function<Result<MessageId>(const PublicKey& to, const Content& content)>;
    /// Whether that person was written to, added or verified.
    using Knows = std::function<bool(const PublicKey&)>;

    Files(Vault& vault, Environment environment, FileOptions options, FilesEvents events, Send send,
          Knows knows);
    ~Files();

    /// Offers somebody the file of that path; work() reads it before. Errors of the system where
    /// that cannot be, Errc::unsupported for what is no file, Errc::too_large beyond file_size_max,
    /// Errc::queue_full beyond files_with_one_max.
    Result<FileId> offer(const PublicKey& to, const std::string& path);
    /// Takes the file of that number, which is offered. Errc::not_connected where there is none;
    /// errors of the system where it cannot be written, and those of Send.
    std::error_code take(std::uint64_t number);
    /// Ends the file of that number, whoever sends it: Errc::not_connected where there is none.
    std::error_code cancel(std::uint64_t number);
    /// Reads all of them from the vault anew: to be called where a change was not kept.
    void load();
    /// Those that have not ended, in the order in which they began.
    std::vector<FileView> views() const;

    /// Whether contents of that kind are for came().
    static bool takes(std::string_view kind) noexcept;
    /// A content came from somebody, who proved it. An error says why it was refused:
    /// Errc::malformed, Errc::queue_full where too many are offered, Errc::replayed for what came
    /// before, Errc::unsupported for what has no place in what is going on.
    std::error_code came(const PublicKey& from, const Content& content);
    /// One of the contents that were sent has come further.
    void marked(const PublicKey& to, const MessageId& id, Mark mark);

    /// Reads some of a file that has to be read as a whole, a few megabytes at most: to be called
    /// as long as it says that there is more, and after each offer() and came().
    bool work();
    /// To be called now and then, about once a minute: what could not be sent is tried again.
    void tick();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace netaio::chat

#pragma once

#include <array>
#include <cstdint>
#include <netaio/chat/files.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <string_view>

/// What two people send each other about a file.
namespace netaio::chat {

/// The BLAKE2b of all of a file.
using FileHash = std::array<unsigned char, 32>;

namespace file_kind {
inline constexpr std::string_view offer = "file.offer";
inline constexpr std::string_view take = "file.take";
inline constexpr std::string_view piece = "file.piece";
inline constexpr std::string_view done = "file.done";
inline constexpr std::string_view end = "file.end";
}  // namespace file_kind

/// How many pieces a file of that size has.
constexpr std::uint64_t pieces_of(std::uint64_t size) noexcept {
    return (size + file_piece_size - 1) / file_piece_size;
}
/// Bytes of a piece of such a file, which has one of that number, counted from 0.
constexpr std::size_t piece_size_of(std::uint64_t size, std::uint64_t number) noexcept {
    const std::uint64_t left = size - number * file_piece_size;
    return left < file_piece_size ? static_cast<std::size_t>(left) : file_piece_size;
}

/// From its sender: the file that there is. Its name may be anything.
struct FileOffer {
    FileId id{};
    std::string name;
    std::uint64_t size = 0;
    FileHash hash{};

    Content pack() const;
    /// Errc::malformed for anything else, as for those of all here.
    static Result<FileOffer> unpack(ByteView bytes);
};

/// From its sender: a piece of it, counted from 0.
struct FilePiece {
    FileId id{};
    std::uint64_t number = 0;
    std::string bytes;

    Content pack() const;
    static Result<FilePiece> unpack(ByteView bytes);
};

/// From its receiver: that it is to be sent, or is there. The kind says which.
struct FileAnswer {
    FileId id{};

    Content pack(std::string_view kind) const;
    static Result<FileAnswer> unpack(ByteView bytes);
};

/// From either: that it will not come.
struct FileEnded {
    FileId id{};
    FileEnd why = FileEnd::cancelled;

    Content pack() const;
    static Result<FileEnded> unpack(ByteView bytes);
};

}  // namespace netaio::chat

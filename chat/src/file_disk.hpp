#pragma once

#include <sodium.h>

#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <system_error>

#include "file_contents.hpp"

/// Files on the disk, as those who send and receive them need them.
namespace netaio::chat {

/// An open file. Errors are the system's.
class DiskFile {
public:
    /// Errc::unsupported for what is no regular file, such as a folder or a pipe.
    static Result<DiskFile> open(const std::string& path);
    /// A new one, for its owner alone.
    static Result<DiskFile> make(const std::string& path);
    /// One that make() has made.
    static Result<DiskFile> open_to_write(const std::string& path);
    DiskFile(DiskFile&& other) noexcept;
    DiskFile& operator=(DiskFile&& other) noexcept;
    ~DiskFile();

    std::uint64_t size() const noexcept { return size_; }  ///< when it was opened
    /// Fewer where it ends.
    Result<std::string> read(std::uint64_t at, std::size_t size) const;
    /// What is written is on the disk after it.
    std::error_code write(std::uint64_t at, ByteView bytes) const;

private:
    explicit DiskFile(int fd) noexcept : fd_(fd) {}
    static Result<DiskFile> opened(int fd);

    int fd_ = -1;
    std::uint64_t size_ = 0;
};

/// Reads a file from its beginning to its end, piece by piece, for its hash.
class FileHasher {
public:
    explicit FileHasher(DiskFile file) noexcept;

    /// Reads on, some megabytes.
    std::error_code go_on();
    bool is_done() const noexcept { return is_done_; }
    std::uint64_t size() const noexcept { return at_; }
    /// Of what was read, once it is done.
    const FileHash& hash() const noexcept { return hash_; }

private:
    DiskFile file_;
    std::uint64_t at_ = 0;
    bool is_done_ = false;
    crypto_generichash_state state_;
    FileHash hash_{};
};

/// Makes a folder for its owner alone, unless there is one.
std::error_code make_file_folder(const std::string& path);

/// What a file is called on the disk: what it was called, in one word that neither leads anywhere
/// nor hides, with all visible.
std::string disk_name_of(ByteView offered);

/// Makes an empty file of that name in a folder, or of one with a number where there is one
/// already. Gives its path.
Result<std::string> reserve_name(const std::string& folder, const std::string& name);

/// Moves a part file to where a name was reserved. Errc::unsupported when that is there and is not
/// empty any more; no error when it was moved before.
std::error_code move_to_name(const std::string& part, const std::string& reserved);

}  // namespace netaio::chat

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace netaio::plugins {

/// Keeps the mark for one process alone, in a file beside it that stays: whoever is to find no mark
/// must not leave one for another that still runs.
class MarkLock {
public:
    /// Throws netaio::Error where another has it, or the file cannot be made.
    explicit MarkLock(const std::string& path);
    ~MarkLock();
    MarkLock(const MarkLock&) = delete;
    MarkLock& operator=(const MarkLock&) = delete;

private:
    int file_;
};

/// A number that lives in a file between a clean stop and the next start. Both throw netaio::Error
/// with a sentence.

/// Takes the number out of the file, which is gone then, even after the machine loses power;
/// nothing where there is no file. Makes sure that another can be written.
std::optional<std::uint32_t> take_mark(const std::string& path);
/// Writes it, as a whole or not at all.
void leave_mark(const std::string& path, std::uint32_t mark);

}  // namespace netaio::plugins

#pragma once

#include <cstdint>
#include <netaio/chat/files.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>

#include "talks.hpp"

namespace netaio::chat {

/// The lines of files in what two people said, kept in the vault: each has one, which changes.
class FileLines {
public:
    FileLines(Vault& vault, Talks& talks) : vault_(vault), talks_(talks) {}

    /// Adds the line of a file, at that time, or has it say how far the file is. One's own counts
    /// as delivered when the receiver has the file.
    Line put(const FileView& file, const PublicKey& me, std::uint64_t now);

private:
    Vault& vault_;
    Talks& talks_;
};

}  // namespace netaio::chat

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <netaio/bytes.hpp>
#include <netaio/chat/curve.hpp>
#include <netaio/environment.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::chat {

/// A line of a conversation, as it is kept.
struct KeptLine {
    std::uint64_t number;  ///< its place in the conversation, from 1
    std::string bytes;
};

/// What a person keeps on their own machine: records by kind and name, and conversations line by
/// line. All of it is sealed with the history key (XChaCha20-Poly1305), names as well (a keyed hash
/// finds them), so that the file tells how much there is, and nothing else. Each sealed value is
/// bound to where it stands. Calls throw Error, with a sentence that says what to do, where the
/// disk is full or broken, the file was changed by others, or belongs to another key. Not
/// thread-safe.
class Vault {
public:
    /// Opens the file, or makes it, readable by its owner only; `:memory:` for none.
    Vault(const std::string& path, const SecretKey& history_key, Environment environment = {});
    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    /// What happens while it lives is kept as a whole by commit(), or not at all. One that begins
    /// while another lives must end before that, and is kept when that is. Without one each call is
    /// kept by itself.
    class Transaction {
    public:
        /// Begins it. The vault must outlive it.
        explicit Transaction(Vault& vault);
        /// Undoes all that happened, unless it was committed.
        ~Transaction();
        Transaction(const Transaction&) = delete;
        Transaction& operator=(const Transaction&) = delete;
        /// Keeps it, or throws, and then it is undone.
        void commit();

    private:
        Vault& vault_;
        bool is_done_ = false;
    };

    /// The value of a record. `kind` is a word of ours, e.g. `session`; `name` any bytes.
    std::optional<std::string> get(std::string_view kind, ByteView name) const;
    /// Keeps a record, in the place of what had that name.
    void put(std::string_view kind, ByteView name, ByteView value);
    /// Whether there was one.
    bool erase(std::string_view kind, ByteView name);
    /// All of a kind, in the order in which they were put first. `visit` must not change the vault.
    void each(std::string_view kind,
              const std::function<void(ByteView name, ByteView value)>& visit) const;

    /// Adds a line to a conversation and gives its number.
    std::uint64_t append(ByteView conversation, ByteView line);
    /// Whether there is one of that number.
    bool replace(ByteView conversation, std::uint64_t number, ByteView line);
    /// At most so many lines before that number, the last ones, in order; 0 for the end.
    std::vector<KeptLine> lines(ByteView conversation, std::uint64_t before, std::size_t max) const;

private:
    class Tables;
    std::unique_ptr<Tables> tables_;
};

}  // namespace netaio::chat

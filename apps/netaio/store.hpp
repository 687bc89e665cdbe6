#pragma once

#include <cstdint>
#include <functional>
#include <netaio/bytes.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <string>

#include "database.hpp"
#include "database_file.hpp"

namespace netaio::app {

/// Marks a database as a store ("neta").
inline constexpr std::int64_t store_application_id = 0x6e657461;

/// Why a store did not do what it was asked for.
enum class StoreErrc {
    exists = 1,  ///< a resource to be created is there already
    missing,     ///< there is no such resource
    busy,        ///< another process holds the store
    full,        ///< the disk, or the size given, is full
    corrupt,     ///< the file is damaged
    gone,        ///< the file was removed or replaced
    failed,      ///< anything else; the log says what
};

const std::error_category& store_category() noexcept;
std::error_code make_error_code(StoreErrc code) noexcept;

/// How a Store keeps its resources.
struct StoreOptions {
    /// A file, made when it is missing, or `:memory:`.
    std::string path = "netaio.db";
    bool read_only = false;
    /// The file may grow to this many bytes; 0 for no bound.
    std::uint64_t size_max = 0;
    Log log = {};
};

/// A change to one resource.
enum class Change { create, update, remove };

/// Resources by uri, in SQLite. Changes gather in a transaction that commit() makes durable: what
/// was changed before is on the disk after it. No other server can have the file meanwhile.
/// Not thread-safe.
class Store {
public:
    /// Opens or makes the store. Throws Failure with a sentence that says what to do.
    explicit Store(StoreOptions options);
    /// Commits.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// The content, as of the last commit: one that is due is done first. StoreErrc::missing.
    Result<std::string> read(ByteView uri);
    /// Gives each resource, as of the last commit, until one gives an error.
    std::error_code read_all(
        const std::function<std::error_code(ByteView uri, ByteView content)>& take);
    /// Makes a change that the next commit() keeps. StoreErrc::exists or missing; other errors are
    /// in the log too. When the transaction is lost, this and all after it fail until commit()
    /// tells.
    std::error_code change(Change change, ByteView uri, ByteView content);
    /// Makes the changes durable. After an error none of them happened.
    std::error_code commit();

private:
    std::error_code begin();
    std::error_code finish_transaction();
    std::error_code fail(const char* what);
    void make_room() noexcept;

    StoreOptions options_;
    std::optional<sqlite::DatabaseFile> file_;
    sqlite::Database database_;
    std::optional<sqlite::Statement> read_;
    std::optional<sqlite::Statement> read_all_;
    std::optional<sqlite::Statement> create_;
    std::optional<sqlite::Statement> update_;
    std::optional<sqlite::Statement> remove_;
    std::optional<sqlite::Statement> begin_;
    std::optional<sqlite::Statement> commit_;
    std::error_code lost_;  // why the transaction went, until commit() says so
};

}  // namespace netaio::app

template <>
struct std::is_error_code_enum<netaio::app::StoreErrc> : std::true_type {};

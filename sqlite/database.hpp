#pragma once

#include <cstdint>
#include <memory>
#include <netaio/bytes.hpp>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace netaio::sqlite {

/// What a Database does with its file.
enum class DatabaseAccess {
    read,      ///< only reads it
    existing,  ///< writes it too, but does not make it
    make,      ///< makes it when it is missing
};

/// An open SQLite database. Calls return SQLite's result codes.
class Database {
public:
    /// Opens it; open_error() tells whether that went well.
    Database(const std::string& path, DatabaseAccess access);

    int open_error() const noexcept { return open_error_; }
    /// What the last error was, for a log.
    std::string error_text() const;
    /// Whether a transaction is open.
    bool in_transaction() const noexcept;
    /// The file beside it that takes changes first.
    std::string log_path() const;
    /// Whether one of its files is as long as this process may make any.
    bool is_at_file_limit() const;
    /// Copies all of it, as it is at one moment, to another.
    int copy_to(Database& other) noexcept;
    /// Runs statements without results.
    int execute(const std::string& sql) noexcept;
    /// Runs a statement and takes the first value of its first row; 0 when there is none.
    int query(const std::string& sql, std::int64_t& value) noexcept;

    sqlite3* handle() const noexcept { return handle_.get(); }

private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };
    int open_error_;
    std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. It must go before its Database.
class Statement {
public:
    Statement(Database& database, const char* sql);

    /// Whether it could be prepared.
    bool ready() const noexcept { return handle_ != nullptr; }
    /// Resets the statement, which every use of it ends with, whatever is thrown.
    class Use {
    public:
        explicit Use(Statement& statement) noexcept : statement_(statement) {}
        ~Use() { statement_.reset(); }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

    private:
        Statement& statement_;
    };

    /// Binds bytes, which must live until the use ends. Parameters count from 1. False on an error.
    bool bind(int parameter, ByteView bytes) noexcept;
    bool bind(int parameter, std::int64_t number) noexcept;
    /// SQLITE_ROW, SQLITE_DONE or an error.
    int step() noexcept;
    /// A column of the row: a view until the next step() or the use ends.
    ByteView bytes(int column = 0) const noexcept;
    std::int64_t number(int column = 0) const noexcept;

private:
    void reset() noexcept;

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace netaio::sqlite

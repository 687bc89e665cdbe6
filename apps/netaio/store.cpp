#include "store.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include "exit_code.hpp"

namespace netaio::app {

using sqlite::Database;
using sqlite::DatabaseAccess;
using sqlite::DatabaseFile;
using sqlite::Statement;

namespace {

// How long a change waits for another process; everything else waits with it.
constexpr const char* busy_timeout = "PRAGMA busy_timeout = 200";
// Brings what changes are in the file beside the store into it.
constexpr const char* empty_log = "PRAGMA wal_checkpoint(TRUNCATE)";
constexpr std::int64_t format_version = 1;

class StoreCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "netaio.store"; }
    std::string message(int value) const override {
        switch (static_cast<StoreErrc>(value)) {
            case StoreErrc::exists: return "already exists";
            case StoreErrc::missing: return "not found";
            case StoreErrc::busy: return "the store is busy, try again";
            case StoreErrc::full: return "the store is full";
            case StoreErrc::corrupt: return "the store is damaged";
            case StoreErrc::gone: return "the store's file is gone";
            case StoreErrc::failed: return "the store failed";
        }
        return "unknown store error";
    }
};

StoreErrc store_error(int sqlite_code) noexcept {
    switch (sqlite_code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return StoreErrc::busy;
        case SQLITE_FULL: return StoreErrc::full;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return StoreErrc::corrupt;
        default: return StoreErrc::failed;
    }
}

std::string advice(int sqlite_code) {
    switch (sqlite_code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return "end the other program that holds it";
        case SQLITE_CORRUPT: return "restore it from a backup, or name another file with --store";
        case SQLITE_NOTADB: return "name another file with --store";
        case SQLITE_FULL: return "make room on the disk, or raise --store-max";
        default:
            return "check that its folder exists and may be written, or name another with --store";
    }
}

[[noreturn]] void refuse_store(const std::string& path, const std::string& why,
                               const std::string& fix) {
    throw Failure(ExitCode::other, "cannot open the store '" + path + "': " + why + "; " + fix);
}

void check(Database& database, const std::string& path, int result) {
    if (result != SQLITE_OK) refuse_store(path, database.error_text(), advice(result));
}

bool is_in_memory(const StoreOptions& options) {
    return options.path == ":memory:";
}

void hold_file(std::optional<DatabaseFile>& file, const StoreOptions& options) {
    if (is_in_memory(options)) return;
    if (options.read_only && ::access(options.path.c_str(), F_OK) != 0) {
        refuse_store(options.path, "there is none", "serve it once without --read-only to make it");
    }
    file.emplace(options.path, options.read_only);
    if (file->is_taken()) {
        refuse_store(options.path, "another server has it",
                     "end that one, or name another file with --store");
    }
}

DatabaseAccess access_of(const StoreOptions& options) {
    const bool only_read = options.read_only && !is_in_memory(options);
    return only_read ? DatabaseAccess::read : DatabaseAccess::make;
}

void set_up(Database& database, const StoreOptions& options) {
    const auto run = [&](const std::string& sql) {
        check(database, options.path, database.execute(sql));
    };
    const auto ask = [&](const std::string& sql) {
        std::int64_t value = 0;
        check(database, options.path, database.query(sql, value));
        return value;
    };
    run(busy_timeout);
    const bool in_memory = is_in_memory(options);
    const bool fresh = ask("SELECT count(*) FROM sqlite_master") == 0;
    if (fresh && (!options.read_only || in_memory)) {
        // For a program that comes to the same conclusion at the same time, IF NOT EXISTS.
        run("PRAGMA journal_mode = WAL");
        run("BEGIN IMMEDIATE;"
            "CREATE TABLE IF NOT EXISTS resources (uri BLOB PRIMARY KEY, content BLOB NOT NULL);"
            "PRAGMA application_id = " +
            std::to_string(store_application_id) +
            ";"
            "PRAGMA user_version = " +
            std::to_string(format_version) + "; COMMIT");
    }
    if (ask("PRAGMA application_id") != store_application_id) {
        refuse_store(options.path, "it is another program's database",
                     "name another file with --store");
    }
    if (ask("PRAGMA user_version") != format_version) {
        refuse_store(options.path, "it was made by a later version of netaio",
                     "use that version, or name another file with --store");
    }
    if (!options.read_only) {
        run("PRAGMA journal_mode = WAL");
        run("PRAGMA synchronous = FULL");
        run(empty_log);
    }
    if (options.size_max > 0) {
        const auto page_size = static_cast<std::uint64_t>(ask("PRAGMA page_size"));
        run("PRAGMA max_page_count = " +
            std::to_string(std::max<std::uint64_t>(options.size_max / page_size, 1)));
    }
}

}  // namespace

const std::error_category& store_category() noexcept {
    static const StoreCategory category;
    return category;
}

std::error_code make_error_code(StoreErrc code) noexcept {
    return {static_cast<int>(code), store_category()};
}

Store::Store(StoreOptions options)
    : options_(std::move(options)),
      database_((hold_file(file_, options_), options_.path), access_of(options_)) {
    check(database_, options_.path, database_.open_error());
    set_up(database_, options_);
    if (file_ && !options_.read_only) file_->watch(database_.log_path());
    const auto prepare = [&](std::optional<Statement>& statement, const char* sql) {
        statement.emplace(database_, sql);
        if (!statement->ready()) {
            refuse_store(options_.path, database_.error_text(), "name another file with --store");
        }
    };
    prepare(read_, "SELECT content FROM resources WHERE uri = ?1");
    prepare(read_all_, "SELECT uri, content FROM resources");
    prepare(create_, "INSERT INTO resources (uri, content) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
    prepare(update_, "UPDATE resources SET content = ?2 WHERE uri = ?1");
    prepare(remove_, "DELETE FROM resources WHERE uri = ?1");
    prepare(begin_, "BEGIN IMMEDIATE");
    prepare(commit_, "COMMIT");
}

Store::~Store() {
    // An error is in the log; nobody is left to be told.
    [[maybe_unused]] const std::error_code error = commit();
}

Result<std::string> Store::read(ByteView uri) {
    // Nobody may see what a crash could still undo.
    if (!lost_ && database_.in_transaction()) lost_ = finish_transaction();
    const Statement::Use use(*read_);
    const int result = read_->bind(1, uri) ? read_->step() : SQLITE_ERROR;
    if (result == SQLITE_ROW) {
        return read_->bytes().str();
    }
    return result == SQLITE_DONE ? make_error_code(StoreErrc::missing) : fail("read");
}

std::error_code Store::read_all(
    const std::function<std::error_code(ByteView uri, ByteView content)>& take) {
    const Statement::Use use(*read_all_);
    int result = read_all_->step();
    for (; result == SQLITE_ROW; result = read_all_->step()) {
        if (const auto error = take(read_all_->bytes(), read_all_->bytes(1))) return error;
    }
    return result == SQLITE_DONE ? std::error_code() : fail("read");
}

std::error_code Store::change(Change change, ByteView uri, ByteView content) {
    if (lost_) return lost_;
    if (const auto error = begin()) return error;
    Statement& statement = change == Change::create   ? *create_
                           : change == Change::update ? *update_
                                                      : *remove_;
    const Statement::Use use(statement);
    const bool bound =
        statement.bind(1, uri) && (change == Change::remove || statement.bind(2, content));
    std::error_code error;
    if (!bound || statement.step() != SQLITE_DONE) {
        error = fail("write");
        // Some errors undo the whole transaction, and with it what others did in it.
        if (!database_.in_transaction()) lost_ = error;
        if (error == StoreErrc::full) make_room();
    } else if (sqlite3_changes(database_.handle()) == 0) {
        error = change == Change::create ? StoreErrc::exists : StoreErrc::missing;
    }
    return error;
}

std::error_code Store::commit() {
    if (lost_) {
        return std::exchange(lost_, std::error_code());
    }
    return database_.in_transaction() ? finish_transaction() : std::error_code();
}

std::error_code Store::begin() {
    if (database_.in_transaction()) return {};
    const Statement::Use use(*begin_);
    return begin_->step() == SQLITE_DONE ? std::error_code() : fail("begin to write");
}

std::error_code Store::finish_transaction() {
    if (file_ && !file_->in_place()) {
        options_.log(LogLevel::error,
                     "the store cannot commit: its file '" + options_.path +
                         "' or what belongs to it was removed or replaced; end the server, and "
                         "put the file back");
        database_.execute("ROLLBACK");
        return StoreErrc::gone;
    }
    std::error_code error;
    {
        const Statement::Use use(*commit_);
        error = commit_->step() == SQLITE_DONE ? std::error_code() : fail("commit");
    }
    if (error && database_.in_transaction()) database_.execute("ROLLBACK");
    if (error == StoreErrc::full) make_room();
    return error;
}

// What is in the file beside the store may have its place in the store itself.
void Store::make_room() noexcept {
    if (!database_.in_transaction()) database_.execute(empty_log);
}

std::error_code Store::fail(const char* what) {
    const int code = sqlite3_extended_errcode(database_.handle());
    const bool too_long = (code & 0xff) == SQLITE_IOERR && database_.is_at_file_limit();
    options_.log(LogLevel::error,
                 "the store cannot " + std::string(what) + ": " + database_.error_text() +
                     " (SQLite error " + std::to_string(code) + "); " +
                     (too_long ? "raise the longest file allowed, ulimit -f" : advice(code)));
    return too_long ? StoreErrc::full : store_error(code);
}

}  // namespace netaio::app

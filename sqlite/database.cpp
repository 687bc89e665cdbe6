#include "database.hpp"

#include <sqlite3.h>
#include <sys/resource.h>

#include <filesystem>

namespace netaio::sqlite {
namespace {

// Prepared once and used for as long as the database is open.
sqlite3_stmt* prepare(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    return statement;
}

}  // namespace

void Database::Close::operator()(sqlite3* database) const noexcept {
    sqlite3_close_v2(database);
}

Database::Database(const std::string& path, DatabaseAccess access) {
    sqlite3* handle = nullptr;
    const int flags = access == DatabaseAccess::read ? SQLITE_OPEN_READONLY
                      : access == DatabaseAccess::existing
                          ? SQLITE_OPEN_READWRITE
                          : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    open_error_ = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
}

std::string Database::error_text() const {
    return handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory";
}

bool Database::in_transaction() const noexcept {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

std::string Database::log_path() const {
    return sqlite3_filename_wal(sqlite3_db_filename(handle_.get(), "main"));
}

bool Database::is_at_file_limit() const {
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
    const auto at_limit = [&](const std::string& path) {
        std::error_code none;
        const auto size = std::filesystem::file_size(path, none);
        return !none && size >= limit.rlim_cur;
    };
    const std::string path = sqlite3_db_filename(handle_.get(), "main");
    return !path.empty() && (at_limit(path) || at_limit(log_path()));
}

int Database::copy_to(Database& other) noexcept {
    sqlite3_backup* copy = sqlite3_backup_init(other.handle(), "main", handle(), "main");
    if (!copy) return sqlite3_errcode(other.handle());
    const int copied = sqlite3_backup_step(copy, -1);
    const int finished = sqlite3_backup_finish(copy);
    return copied == SQLITE_DONE ? finished : copied;
}

int Database::execute(const std::string& sql) noexcept {
    return sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
}

int Database::query(const std::string& sql, std::int64_t& value) noexcept {
    value = 0;
    sqlite3_stmt* statement = nullptr;
    const int error = sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &statement, nullptr);
    if (error != SQLITE_OK) return error;
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
    if (result == SQLITE_ROW || result == SQLITE_DONE) result = SQLITE_OK;
    sqlite3_finalize(statement);
    return result;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

Statement::Statement(Database& database, const char* sql)
    : handle_(prepare(database.handle(), sql)) {}

bool Statement::bind(int parameter, ByteView bytes) noexcept {
    // A null pointer would bind NULL, which is no content.
    const char* data = bytes.data() ? bytes.data() : "";
    return sqlite3_bind_blob64(handle_.get(), parameter, data, bytes.size(), SQLITE_STATIC) ==
           SQLITE_OK;
}

bool Statement::bind(int parameter, std::int64_t number) noexcept {
    return sqlite3_bind_int64(handle_.get(), parameter, number) == SQLITE_OK;
}

int Statement::step() noexcept {
    return sqlite3_step(handle_.get());
}

ByteView Statement::bytes(int column) const noexcept {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return data ? ByteView(std::string_view(data, size)) : ByteView();
}

std::int64_t Statement::number(int column) const noexcept {
    return sqlite3_column_int64(handle_.get(), column);
}

void Statement::reset() noexcept {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
}

}  // namespace netaio::sqlite

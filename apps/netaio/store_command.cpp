#include "store_command.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "database.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "store.hpp"

namespace netaio::app {

using sqlite::Database;
using sqlite::DatabaseAccess;
using sqlite::Statement;

namespace {

struct StoreCommand {
    std::string file;
    std::string copy;
};

// A server may be at work there; it is waited for, as it never takes long.
Database open_store(const std::string& path) {
    Database database(path, DatabaseAccess::existing);
    std::int64_t id = 0;
    int error = database.open_error();
    if (error == SQLITE_OK) error = database.execute("PRAGMA busy_timeout = 10000");
    if (error == SQLITE_OK) error = database.query("PRAGMA application_id", id);
    if (error != SQLITE_OK || id != store_application_id) {
        throw Failure(
            ExitCode::other,
            "cannot open the store '" + path +
                "': " + (error != SQLITE_OK ? database.error_text() : "it is no store of netaio"));
    }
    return database;
}

[[noreturn]] void refuse_damaged(const std::string& path, const std::string& why) {
    throw Failure(ExitCode::other,
                  "the store '" + path + "' is damaged: " + why + "; restore it from a backup");
}

// How many resources a store has. Throws Failure when it is damaged.
std::string checked_resources(Database& database, const std::string& path) {
    {
        Statement check(database, "PRAGMA integrity_check(1)");
        if (!check.ready() || check.step() != SQLITE_ROW) {
            refuse_damaged(path, database.error_text());
        }
        if (check.bytes() != "ok") refuse_damaged(path, check.bytes().str());
    }
    std::int64_t count = 0;
    if (database.query("SELECT count(*) FROM resources", count) != SQLITE_OK) {
        refuse_damaged(path, database.error_text());
    }
    return std::to_string(count) + (count == 1 ? " resource" : " resources");
}

// Readable by its owner only, as the store is.
void make_copy_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        const bool exists = errno == EEXIST;
        throw Failure(ExitCode::other, "cannot write '" + path + "': " + std::strerror(errno) +
                                           (exists ? "; name another file, or remove that" : ""));
    }
    ::close(file);
}

std::string copy_store(Database& from, const StoreCommand& command) {
    Database copy(command.copy, DatabaseAccess::existing);
    int error = copy.open_error();
    if (error == SQLITE_OK) error = from.copy_to(copy);
    if (error != SQLITE_OK) {
        throw Failure(ExitCode::other, "cannot copy '" + command.file + "' to '" + command.copy +
                                           "': " + sqlite3_errstr(error));
    }
    return checked_resources(copy, command.copy);
}

int backup(const StoreCommand& command) {
    Database from = open_store(command.file);
    make_copy_file(command.copy);
    try {
        write_line(copy_store(from, command) + " in '" + command.copy + "'");
    } catch (...) {
        ::unlink(command.copy.c_str());
        throw;
    }
    return static_cast<int>(ExitCode::done);
}

int check(const StoreCommand& command) {
    Database database = open_store(command.file);
    write_line(checked_resources(database, command.file) + ", undamaged");
    return static_cast<int>(ExitCode::done);
}

}  // namespace

void add_store_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* store = app.add_subcommand("store", "Copy or check a database of resources");
    store->require_subcommand(1);
    const auto options = std::make_shared<StoreCommand>();
    const auto add = [&](const char* name, const char* text, int (*run)(const StoreCommand&)) {
        CLI::App* command = store->add_subcommand(name, text);
        command->add_option("FILE", options->file, "the store, also while it is served")
            ->type_name("")
            ->required();
        command->callback([&chosen, options, run] { chosen = [=] { return run(*options); }; });
        return command;
    };
    add("backup", "Copy a store as it is at one moment", backup)
        ->add_option("TO", options->copy, "where to, a file that there is not yet")
        ->type_name("")
        ->required();
    add("check", "Tell whether a store is undamaged", check);
}

}  // namespace netaio::app

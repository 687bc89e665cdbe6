#include "vault_tables.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

using sqlite::Failed;

constexpr std::string_view proof_place = "proof";
constexpr std::string_view proof_value = "netaio-chat vault";

[[noreturn]] void refuse_vault(std::error_code code, const std::string& path,
                               const std::string& why) {
    throw Error(code, "the vault '" + path + "': " + why);
}

// Where a record stands.
std::string record_place(const VaultName& kind, const VaultName& name) {
    return std::string("record").append(ByteView(kind)).append(ByteView(name));
}

std::string line_place(const VaultName& conversation, std::uint64_t number) {
    SecretWriter writer;
    writer.add("line").add(conversation).add_number(number);
    return writer.bytes().str();
}

// Before a record's value is the length of its name, and the name.
std::string with_name(ByteView name, ByteView value) {
    SecretWriter writer;
    writer.add_number(static_cast<std::uint32_t>(name.size())).add(name).add(value);
    return writer.bytes().str();
}

struct NamedValue {
    ByteView name;
    ByteView value;
};

// Opened, so that it was written by with_name().
NamedValue named_value_of(const std::string& opened) noexcept {
    SecretReader reader(opened);
    const ByteView name = reader.take(reader.take_number<std::uint32_t>());
    return {name, ByteView(opened).substr(sizeof(std::uint32_t) + name.size())};
}

// Wipes what was read when it goes.
class Opened {
public:
    explicit Opened(std::string bytes) noexcept : bytes_(std::move(bytes)) {}
    ~Opened() { sodium_memzero(bytes_.data(), bytes_.size()); }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    NamedValue parts() const noexcept { return named_value_of(bytes_); }

private:
    std::string bytes_;
};

std::int64_t bounded(std::uint64_t number) noexcept {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(number, most));
}

}  // namespace

Vault::Tables::Tables(const std::string& path, const SecretKey& history_key,
                      Environment environment)
    : path_(path),
      environment_(std::move(environment)),
      seal_(history_key),
      file_(path == ":memory:" ? nullptr : hold(path)),
      database_(open_database()) {
    if (file_) file_->watch(database_.log_path());
    guarded([&] { prove_key(); });
}

std::unique_ptr<sqlite::DatabaseFile> Vault::Tables::hold(const std::string& path) {
    auto file = std::make_unique<sqlite::DatabaseFile>(path, false);
    if (file->is_taken()) {
        refuse_vault(std::make_error_code(std::errc::device_or_resource_busy), path,
                     "another program has it open; end that one");
    }
    return file;
}

sqlite::Database Vault::Tables::open_database() {
    sqlite::Database database(
        path_, file_ ? sqlite::DatabaseAccess::existing : sqlite::DatabaseAccess::make);
    const auto check = [&](int result) {
        if (result == SQLITE_OK) return;
        refuse_vault(std::make_error_code(std::errc::io_error), path_,
                     "cannot be opened: " + database.error_text() +
                         "; check that its folder exists and may be written, and that it is no "
                         "other file");
    };
    const auto ask = [&](const char* sql) {
        std::int64_t value = 0;
        check(database.query(sql, value));
        return value;
    };
    check(database.open_error());
    check(database.execute("PRAGMA busy_timeout = 200; PRAGMA secure_delete = ON"));
    if (ask("SELECT count(*) FROM sqlite_master") == 0) {
        check(database.execute("BEGIN IMMEDIATE;" + std::string(vault_schema) +
                               "PRAGMA application_id = " + std::to_string(vault_application_id) +
                               ";PRAGMA user_version = " + std::to_string(vault_schema_version) +
                               ";COMMIT"));
    }
    if (ask("PRAGMA application_id") != vault_application_id) {
        refuse_vault(Errc::malformed, path_, "is another program's database; name another file");
    }
    if (ask("PRAGMA user_version") != vault_schema_version) {
        refuse_vault(Errc::unsupported, path_,
                     "was made by a later version; use that one, or name another file");
    }
    check(database.execute(
        // Nobody else opens it, so that SQLite need not ask at each step whether somebody did.
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA wal_checkpoint(TRUNCATE)"));
    return database;
}

// A new vault is the key's that opens it first.
void Vault::Tables::prove_key() {
    sqlite::Query find(database_, "SELECT sealed FROM proof");
    if (auto rows = find.rows(); rows.next()) {
        const auto proof = seal_.open(proof_place, rows.bytes());
        if (!proof || *proof != proof_value) {
            refuse_vault(Errc::decrypt_failed, path_,
                         "belongs to another key; open it with its own, or name another file");
        }
        return;
    }
    const std::string sealed = seal_.seal(proof_place, proof_value, *environment_.random);
    sqlite::Query(database_, "INSERT INTO proof VALUES (?1)").run(ByteView(sealed));
}

std::string Vault::Tables::opened(ByteView place, ByteView sealed) const {
    auto value = seal_.open(place, sealed);
    if (!value) refuse_changed();
    return std::move(*value);
}

std::optional<std::string> Vault::Tables::get(std::string_view kind, ByteView name) {
    const VaultName found = seal_.name(kind, name);
    auto rows = queries_.get.rows(found);
    if (!rows.next()) return std::nullopt;
    const Opened record(opened(record_place(seal_.name(kind), found), rows.bytes()));
    return record.parts().value.str();
}

void Vault::Tables::put(std::string_view kind, ByteView name, ByteView value) {
    const VaultName kinds = seal_.name(kind);
    const VaultName stands = seal_.name(kind, name);
    std::string plain = with_name(name, value);
    const std::string sealed = seal_.seal(record_place(kinds, stands), plain, *environment_.random);
    sodium_memzero(plain.data(), plain.size());
    queries_.put.run(kinds, stands, ByteView(sealed));
}

bool Vault::Tables::erase(std::string_view kind, ByteView name) {
    const VaultName stands = seal_.name(kind, name);
    auto rows = queries_.erase.rows(stands);
    const bool was_there = rows.next();
    while (was_there && rows.next()) {
    }
    return was_there;
}

// With a statement of its own, as `visit` may go through others.
void Vault::Tables::each(std::string_view kind,
                         const std::function<void(ByteView, ByteView)>& visit) {
    const VaultName kinds = seal_.name(kind);
    sqlite::Query query(database_, vault_records_of_kind);
    auto rows = query.rows(kinds);
    while (rows.next()) {
        VaultName name{};
        const ByteView column = rows.bytes(0);
        if (column.size() != name.size()) refuse_changed();
        std::copy_n(column.octets(), name.size(), name.begin());
        const Opened record(opened(record_place(kinds, name), rows.bytes(1)));
        visit(record.parts().name, record.parts().value);
    }
}

std::uint64_t Vault::Tables::append(ByteView conversation, ByteView line) {
    const VaultName stands = seal_.name("conversation", conversation);
    std::uint64_t number = 1;
    if (auto rows = queries_.last_number.rows(stands); rows.next()) {
        number += static_cast<std::uint64_t>(rows.number());
    }
    const std::string sealed = seal_.seal(line_place(stands, number), line, *environment_.random);
    queries_.append.run(stands, bounded(number), ByteView(sealed));
    return number;
}

bool Vault::Tables::replace(ByteView conversation, std::uint64_t number, ByteView line) {
    const VaultName stands = seal_.name("conversation", conversation);
    const std::string sealed = seal_.seal(line_place(stands, number), line, *environment_.random);
    auto rows = queries_.replace.rows(stands, bounded(number), ByteView(sealed));
    const bool was_there = rows.next();
    while (was_there && rows.next()) {
    }
    return was_there;
}

std::vector<KeptLine> Vault::Tables::lines(ByteView conversation, std::uint64_t before,
                                           std::size_t max) {
    const VaultName stands = seal_.name("conversation", conversation);
    constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
    std::vector<KeptLine> found;
    auto rows = queries_.lines.rows(stands, bounded(before == 0 ? none : before), bounded(max));
    while (rows.next()) {
        const auto number = static_cast<std::uint64_t>(rows.number());
        found.push_back({number, opened(line_place(stands, number), rows.bytes(1))});
    }
    std::ranges::reverse(found);
    return found;
}

void Vault::Tables::run(const std::string& sql) {
    if (database_.execute(sql) != SQLITE_OK) throw Failed(database_);
}

// SQLite undoes a transaction by itself where the disk is full.
void Vault::Tables::expect_transaction() const {
    if (database_.in_transaction()) return;
    refuse_vault(std::make_error_code(std::errc::io_error), path_,
                 "what was to be kept together was undone, as a part of it could not be kept");
}

void Vault::Tables::begin() {
    if (depth_ == 0) {
        run("BEGIN IMMEDIATE");
    } else {
        expect_transaction();
        run("SAVEPOINT within" + std::to_string(depth_));
    }
    ++depth_;
}

void Vault::Tables::commit() {
    expect_transaction();
    if (depth_ == 1) {
        if (file_ && !file_->in_place()) {
            refuse_vault(std::make_error_code(std::errc::io_error), path_,
                         "its file was removed or replaced; end this program and put it back");
        }
        run("COMMIT");
    } else {
        run("RELEASE within" + std::to_string(depth_ - 1));
    }
    --depth_;
}

void Vault::Tables::roll_back() noexcept {
    --depth_;
    if (!database_.in_transaction()) return;
    if (depth_ == 0) {
        database_.execute("ROLLBACK");
    } else {
        const std::string name = "within" + std::to_string(depth_);
        database_.execute("ROLLBACK TO " + name + "; RELEASE " + name);
    }
}

void Vault::Tables::refuse(const sqlite::Failed& failed) const {
    const bool full = failed.code() == SQLITE_FULL || database_.is_at_file_limit();
    if (full) {
        refuse_vault(std::make_error_code(std::errc::no_space_on_device), path_,
                     "the disk is full; make room on it and try again");
    }
    refuse_vault(std::make_error_code(std::errc::io_error), path_,
                 std::string("cannot be read or written: ") + failed.what() +
                     "; check the disk, and put back a copy where it is damaged");
}

void Vault::Tables::refuse_changed() const {
    refuse_vault(Errc::decrypt_failed, path_,
                 "was changed by something else than this program; put back a copy of it");
}

}  // namespace netaio::chat

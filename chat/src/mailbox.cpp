#include <sodium.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <netaio/chat/mailbox.hpp>
#include <stdexcept>
#include <utility>

#include "database.hpp"
#include "database_file.hpp"
#include "mailbox_queries.hpp"
#include "mailbox_schema.hpp"
#include "query.hpp"

namespace netaio::chat {
namespace {

using sqlite::Database;
using SqlNumber = std::int64_t;
using ContentHash = std::array<unsigned char, crypto_hash_sha256_BYTES>;

// What a mailbox or an item counts beside its bytes, as in the schema.
constexpr SqlNumber counted_overhead = 256;

ContentHash content_hash(ByteView content) noexcept {
    ContentHash hash;
    crypto_hash_sha256(hash.data(), content.octets(), content.size());
    return hash;
}

template <class Unsigned>
SqlNumber to_sql_number(Unsigned value) noexcept {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<SqlNumber>::max());
    return static_cast<SqlNumber>(std::min<std::uint64_t>(value, most));
}

[[noreturn]] void refuse_mailboxes(const std::string& path, const std::string& why) {
    throw std::runtime_error("cannot open the mailboxes '" + path + "': " + why);
}

// Opens the database, and makes what is in a new one.
Database open_mailboxes(const sqlite::DatabaseFile& file, const std::string& path) {
    if (file.is_taken()) refuse_mailboxes(path, "another program has it; end that one");
    Database database(path, sqlite::DatabaseAccess::existing);
    const auto check = [&](int result) {
        if (result == SQLITE_OK) return;
        refuse_mailboxes(path, database.error_text() +
                                   "; check that its folder exists and may be written, and that "
                                   "it is no other file");
    };
    const auto ask = [&](const char* sql) {
        SqlNumber value = 0;
        check(database.query(sql, value));
        return value;
    };
    check(database.open_error());
    check(database.execute("PRAGMA busy_timeout = 200"));
    if (ask("SELECT count(*) FROM sqlite_master") == 0) {
        check(database.execute("BEGIN IMMEDIATE;" + std::string(mailbox_schema) +
                               "PRAGMA application_id = " + std::to_string(mailbox_application_id) +
                               ";PRAGMA user_version = " + std::to_string(mailbox_schema_version) +
                               ";COMMIT"));
    }
    if (ask("PRAGMA application_id") != mailbox_application_id) {
        refuse_mailboxes(path, "it is another program's database; name another file");
    }
    if (ask("PRAGMA user_version") != mailbox_schema_version) {
        refuse_mailboxes(path,
                         "it was made by a later version; use that one, or name another file");
    }
    check(database.execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)"));
    return database;
}

}  // namespace

class Mailboxes::Store {
public:
    Store(const std::string& path, MailboxLimits limits, Environment environment)
        : limits_(limits),
          environment_(std::move(environment)),
          file_(path, false),
          database_(open_mailboxes(file_, path)),
          queries_{database_} {
        file_.watch(database_.log_path());
    }

    Result<PutEnvelope> put(const MailboxName& name, ByteView envelope) {
        if (envelope.empty()) return Errc::malformed;
        if (envelope.size() > limits_.envelope_size) return Errc::too_large;
        const ContentHash hash = content_hash(envelope);
        if (const SqlNumber known = find(name)) {
            auto same = queries_.known_item.rows(known, envelope_kind, hash);
            if (same.next()) return PutEnvelope{static_cast<std::uint64_t>(same.number()), false};
        }
        const SqlNumber size = to_sql_number(envelope.size());
        if (!has_room(size + 2 * counted_overhead) || !has_room_in(name, size))
            return Errc::queue_full;
        const SqlNumber mailbox = find_or_make(name);
        const SqlNumber number = add(mailbox, envelope_kind, hash, envelope);
        return PutEnvelope{static_cast<std::uint64_t>(number), true};
    }

    Result<std::vector<WaitingEnvelope>> fetch(const MailboxName& name, std::uint64_t after,
                                               std::size_t max) {
        std::vector<WaitingEnvelope> waiting;
        auto rows = queries_.waiting.rows(name, to_sql_number(after), oldest(limits_.age),
                                          to_sql_number(max));
        while (rows.next()) {
            waiting.push_back({static_cast<std::uint64_t>(rows.number()), rows.bytes(1).str()});
        }
        return waiting;
    }

    Result<void> acknowledge(const MailboxName& name, std::span<const std::uint64_t> numbers) {
        const SqlNumber mailbox = find(name);
        if (mailbox == 0) return {};
        for (const std::uint64_t number : numbers) {
            queries_.take.run(mailbox, envelope_kind, to_sql_number(number));
        }
        forget_taken(mailbox, envelope_kind);
        return {};
    }

    Result<std::size_t> publish(const MailboxName& name, ByteView signed_part,
                                std::span<const std::string> one_time) {
        if (const auto error = refusal_of(signed_part)) return error;
        SqlNumber size = to_sql_number(signed_part.size()) + counted_overhead;
        for (const std::string& prekey : one_time) {
            if (const auto error = refusal_of(prekey)) return error;
            size += to_sql_number(prekey.size()) + counted_overhead;
        }
        if (!has_room(size)) return Errc::queue_full;
        const SqlNumber mailbox = find_or_make(name);
        for (const std::string& prekey : one_time) {
            const ContentHash hash = content_hash(prekey);
            if (queries_.known_item.rows(mailbox, one_time_kind, hash).next()) continue;
            add(mailbox, one_time_kind, hash, prekey);
        }
        queries_.publish.run(mailbox, signed_part, now());
        const std::size_t there = one_time_prekeys(mailbox);
        if (there > limits_.one_time_prekeys) return Errc::queue_full;
        return there;
    }

    Result<std::optional<HandedOutPrekeys>> hand_out(const MailboxName& name, bool with_one_time) {
        HandedOutPrekeys prekeys;
        const SqlNumber mailbox = find(name);
        if (auto bundle = queries_.bundle.rows(mailbox); bundle.next()) {
            prekeys.signed_part = bundle.bytes().str();
        } else {
            return std::optional<HandedOutPrekeys>();
        }
        SqlNumber number = 0;
        if (auto first = queries_.first_one_time.rows(mailbox); with_one_time && first.next()) {
            number = first.number();
            prekeys.one_time = first.bytes(1).str();
        }
        if (prekeys.one_time) {
            queries_.take.run(mailbox, one_time_kind, number);
            forget_taken(mailbox, one_time_kind);
        }
        prekeys.left = one_time_prekeys(mailbox);
        return std::optional(std::move(prekeys));
    }

    // How many envelopes went with the change at hand, as it was their time.
    Result<std::size_t> expired() const { return expired_; }

    // Does `work` to what has not expired, and keeps what it did unless that is an error.
    template <class Work>
    auto change(const char* what, const Work& work) -> decltype(work()) {
        return guarded(what, [&]() -> decltype(work()) {
            sqlite::Transaction transaction(database_);
            expire();
            auto result = work();
            if (result.has_error()) return result;
            if (!file_.in_place()) throw std::runtime_error("its file was removed or replaced");
            transaction.commit();
            if (expired_ > 0) {
                environment_.log(LogLevel::info,
                                 "envelopes that went as they were not fetched in time: " +
                                     std::to_string(expired_));
            }
            return result;
        });
    }

    // Does `work`, and makes what SQLite or the system says an error.
    template <class Work>
    auto guarded(const char* what, const Work& work) -> decltype(work()) {
        try {
            return work();
        } catch (const sqlite::Failed& failed) {
            log_failure(what, failed.what());
            const bool full = failed.code() == SQLITE_FULL || database_.is_at_file_limit();
            return std::make_error_code(full ? std::errc::no_space_on_device : std::errc::io_error);
        } catch (const std::runtime_error& error) {
            log_failure(what, error.what());
            return std::make_error_code(std::errc::io_error);
        }
    }

private:
    void log_failure(const char* what, const std::string& why) const {
        environment_.log(LogLevel::error, "the mailboxes cannot " + std::string(what) + ": " + why);
    }

    void expire() {
        expired_ = 0;
        for (auto gone = queries_.expire_envelopes.rows(oldest(limits_.age)); gone.next();) {
            expired_ += gone.number() != 0;
        }
        const SqlNumber published = oldest(limits_.bundle_age);
        queries_.expire_one_time.run(published);
        queries_.expire_bundles.run(published);
        queries_.remove_empty.run();
    }

    SqlNumber now() const {
        const auto time = environment_.clock->now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::seconds>(time).count();
    }
    // When came what is there no longer.
    SqlNumber oldest(std::chrono::days age) const {
        return now() - std::chrono::duration_cast<std::chrono::seconds>(age).count();
    }

    // 0 when there is none.
    SqlNumber find(const MailboxName& name) {
        auto rows = queries_.find.rows(name);
        return rows.next() ? rows.number() : 0;
    }
    // Numbers begin with the time: they rise even if a mailbox goes, as it is empty, and comes
    // back.
    SqlNumber find_or_make(const MailboxName& name) {
        if (const SqlNumber found = find(name)) return found;
        queries_.make.run(name, now() << 20);
        return find(name);
    }

    bool has_room(SqlNumber size) {
        auto rows = queries_.whole.rows();
        return rows.next() && rows.number() + size <= to_sql_number(limits_.bytes);
    }
    bool has_room_in(const MailboxName& name, SqlNumber size) {
        auto rows = queries_.waits.rows(name);
        const bool there = rows.next();
        const SqlNumber envelopes = there ? rows.number() : 0;
        const SqlNumber bytes = there ? rows.number(1) : 0;
        return envelopes < to_sql_number(limits_.mailbox_envelopes) &&
               bytes + size <= to_sql_number(limits_.mailbox_bytes);
    }

    SqlNumber add(SqlNumber mailbox, SqlNumber kind, const ContentHash& hash, ByteView content) {
        auto rows = queries_.add.rows(mailbox, kind, hash, now(), content);
        const SqlNumber number = rows.next() ? rows.number() : 0;
        while (rows.next()) {
        }
        return number;
    }

    // All but the last.
    void forget_taken(SqlNumber mailbox, SqlNumber kind) {
        queries_.forget_taken.run(mailbox, kind, to_sql_number(limits_.remembered));
    }

    std::error_code refusal_of(ByteView prekey) const {
        if (prekey.empty()) return Errc::malformed;
        return prekey.size() > limits_.prekey_size ? Errc::too_large : std::error_code();
    }
    std::size_t one_time_prekeys(SqlNumber mailbox) {
        auto rows = queries_.count_one_time.rows(mailbox);
        return rows.next() ? static_cast<std::size_t>(rows.number()) : 0;
    }

    MailboxLimits limits_;
    Environment environment_;
    sqlite::DatabaseFile file_;
    Database database_;
    MailboxQueries queries_;
    std::size_t expired_ = 0;
};

Mailboxes::Mailboxes(const std::string& path, MailboxLimits limits, Environment environment) try
    : store_(std::make_unique<Store>(path, limits, std::move(environment))) {
} catch (const sqlite::Failed& failed) {
    refuse_mailboxes(
        path, std::string(failed.what()) + "; restore it from a backup, or name another file");
}

Mailboxes::~Mailboxes() = default;

Result<PutEnvelope> Mailboxes::put(const MailboxName& mailbox, ByteView envelope) {
    return store_->change("take an envelope", [&] { return store_->put(mailbox, envelope); });
}

Result<std::vector<WaitingEnvelope>> Mailboxes::fetch(const MailboxName& mailbox,
                                                      std::uint64_t after, std::size_t max) {
    return store_->guarded("give envelopes", [&] { return store_->fetch(mailbox, after, max); });
}

std::error_code Mailboxes::acknowledge(const MailboxName& mailbox,
                                       std::span<const std::uint64_t> numbers) {
    const auto done = store_->change("let go of envelopes",
                                     [&] { return store_->acknowledge(mailbox, numbers); });
    return done.error();
}

Result<std::size_t> Mailboxes::publish(const MailboxName& mailbox, ByteView signed_part,
                                       std::span<const std::string> one_time_prekeys) {
    return store_->change("take prekeys",
                          [&] { return store_->publish(mailbox, signed_part, one_time_prekeys); });
}

Result<std::optional<HandedOutPrekeys>> Mailboxes::hand_out(const MailboxName& mailbox,
                                                            bool with_one_time) {
    return store_->change("hand out prekeys",
                          [&] { return store_->hand_out(mailbox, with_one_time); });
}

Result<std::size_t> Mailboxes::expire() {
    return store_->change("let go of what waited for too long", [&] { return store_->expired(); });
}

}  // namespace netaio::chat

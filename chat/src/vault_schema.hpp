#pragma once

#include <cstdint>

#include "database.hpp"
#include "query.hpp"

/// How a vault is in its database.
namespace netaio::chat {

/// Marks a database as a vault ("netv").
inline constexpr std::int64_t vault_application_id = 0x6e657476;
inline constexpr std::int64_t vault_schema_version = 1;

/// Names are those of VaultSeal; the name of a record stands for its kind as well.
inline constexpr const char* vault_schema = R"(
CREATE TABLE proof (sealed BLOB NOT NULL);
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    kind BLOB NOT NULL,
    name BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL);
CREATE INDEX records_of_kind ON records (kind, id);
CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL,
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL);
CREATE UNIQUE INDEX lines_of_conversation ON lines (conversation, number);
)";

inline constexpr const char* vault_records_of_kind =
    "SELECT name, sealed FROM records WHERE kind = ?1 ORDER BY id";

/// What a vault asks its database, for as long as it is open.
struct VaultQueries {
    using Query = sqlite::Query;

    sqlite::Database& database;
    Query get{database, "SELECT sealed FROM records WHERE name = ?1"};
    Query put{database,
              "INSERT INTO records (kind, name, sealed) VALUES (?1, ?2, ?3) "
              "ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed"};
    Query erase{database, "DELETE FROM records WHERE name = ?1 RETURNING id"};
    Query last_number{database, "SELECT ifnull(max(number), 0) FROM lines WHERE conversation = ?1"};
    Query append{database, "INSERT INTO lines (conversation, number, sealed) VALUES (?1, ?2, ?3)"};
    Query replace{database,
                  "UPDATE lines SET sealed = ?3 WHERE conversation = ?1 AND number = ?2 "
                  "RETURNING id"};
    Query lines{database,
                "SELECT number, sealed FROM lines WHERE conversation = ?1 AND number < ?2 "
                "ORDER BY number DESC LIMIT ?3"};
};

}  // namespace netaio::chat

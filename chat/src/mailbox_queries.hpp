#pragma once

#include "database.hpp"
#include "query.hpp"

namespace netaio::chat {

/// What mailboxes ask their database, for as long as it is open (mailbox_schema.hpp).
struct MailboxQueries {
    using Query = sqlite::Query;

    sqlite::Database& database;
    Query find{database, "SELECT id FROM mailboxes WHERE name = ?1"};
    Query make{database, "INSERT INTO mailboxes (name, last) VALUES (?1, ?2)"};
    Query whole{database, "SELECT bytes FROM whole"};
    Query waits{database, "SELECT envelopes, bytes FROM mailboxes WHERE name = ?1"};
    Query known_item{database,
                     "SELECT number FROM items WHERE mailbox = ?1 AND kind = ?2 AND hash = ?3"};
    Query add{database,
              "INSERT INTO items (mailbox, kind, number, hash, came, content) "
              "SELECT id, ?2, last + 1, ?3, ?4, ?5 FROM mailboxes WHERE id = ?1 RETURNING number"};
    Query waiting{database,
                  "SELECT number, content FROM items WHERE kind = 0 AND content IS NOT NULL "
                  "AND mailbox = (SELECT id FROM mailboxes WHERE name = ?1) "
                  "AND number > ?2 AND came > ?3 ORDER BY number LIMIT ?4"};
    Query take{database,
               "UPDATE items SET content = NULL "
               "WHERE mailbox = ?1 AND kind = ?2 AND number = ?3 AND content IS NOT NULL"};
    Query forget_taken{
        database,
        "DELETE FROM items WHERE mailbox = ?1 AND kind = ?2 AND content IS NULL AND number <= "
        "(SELECT number FROM items WHERE mailbox = ?1 AND kind = ?2 AND content IS NULL "
        "ORDER BY number DESC LIMIT 1 OFFSET ?3)"};
    Query publish{database, "UPDATE mailboxes SET signed_part = ?2, published = ?3 WHERE id = ?1"};
    Query bundle{database,
                 "SELECT signed_part FROM mailboxes "
                 "WHERE id = ?1 AND signed_part IS NOT NULL"};
    Query first_one_time{database,
                         "SELECT number, content FROM items WHERE mailbox = ?1 AND kind = 1 "
                         "AND content IS NOT NULL ORDER BY number LIMIT 1"};
    Query count_one_time{database,
                         "SELECT count(*) FROM items "
                         "WHERE mailbox = ?1 AND kind = 1 AND content IS NOT NULL"};
    Query expire_envelopes{
        database, "DELETE FROM items WHERE kind = 0 AND came <= ?1 RETURNING content IS NOT NULL"};
    Query expire_one_time{database,
                          "DELETE FROM items WHERE kind = 1 AND mailbox IN (SELECT id "
                          "FROM mailboxes WHERE signed_part IS NOT NULL AND published <= ?1)"};
    Query expire_bundles{database,
                         "UPDATE mailboxes SET signed_part = NULL, published = NULL "
                         "WHERE signed_part IS NOT NULL AND published <= ?1"};
    Query remove_empty{database, "DELETE FROM mailboxes WHERE items = 0 AND signed_part IS NULL"};
};

}  // namespace netaio::chat

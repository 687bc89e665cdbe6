#pragma once

#include <cstdint>

/// How mailboxes are in their database.
namespace netaio::chat {

/// Marks a database as one of mailboxes ("netm").
inline constexpr std::int64_t mailbox_application_id = 0x6e65746d;
inline constexpr std::int64_t mailbox_schema_version = 1;

/// What an item is.
inline constexpr std::int64_t envelope_kind = 0;
inline constexpr std::int64_t one_time_kind = 1;

/// An item without content is one that was taken: it is remembered, so that it is not there twice.
/// The counts are kept by triggers, lest they and what they count ever differ.
inline constexpr const char* mailbox_schema = R"(
CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY,
    name BLOB NOT NULL UNIQUE,
    last INTEGER NOT NULL,
    items INTEGER NOT NULL DEFAULT 0,
    envelopes INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    signed_part BLOB,
    published INTEGER);
CREATE INDEX mailboxes_published ON mailboxes (published) WHERE signed_part IS NOT NULL;
CREATE INDEX mailboxes_empty ON mailboxes (id) WHERE items = 0 AND signed_part IS NULL;

CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL,
    came INTEGER NOT NULL,
    content BLOB);
CREATE UNIQUE INDEX items_once ON items (mailbox, kind, hash);
CREATE UNIQUE INDEX items_waiting ON items (mailbox, kind, number) WHERE content IS NOT NULL;
CREATE UNIQUE INDEX items_taken ON items (mailbox, kind, number) WHERE content IS NULL;
CREATE INDEX items_came ON items (came) WHERE kind = 0;

CREATE TABLE whole (bytes INTEGER NOT NULL);
INSERT INTO whole VALUES (0);

CREATE TRIGGER mailbox_made AFTER INSERT ON mailboxes BEGIN
    UPDATE whole SET bytes = bytes + 256;
END;
CREATE TRIGGER mailbox_gone AFTER DELETE ON mailboxes BEGIN
    UPDATE whole SET bytes = bytes - 256;
END;
CREATE TRIGGER bundle_changed AFTER UPDATE OF signed_part ON mailboxes BEGIN
    UPDATE whole SET bytes = bytes + ifnull(length(new.signed_part), 0)
                                   - ifnull(length(old.signed_part), 0);
END;
CREATE TRIGGER item_put AFTER INSERT ON items BEGIN
    UPDATE mailboxes SET last = new.number, items = items + 1,
        envelopes = envelopes + (new.kind = 0),
        bytes = bytes + (new.kind = 0) * length(new.content) WHERE id = new.mailbox;
    UPDATE whole SET bytes = bytes + length(new.content) + 256;
END;
CREATE TRIGGER item_taken AFTER UPDATE OF content ON items
    WHEN old.content IS NOT NULL AND new.content IS NULL BEGIN
    UPDATE mailboxes SET envelopes = envelopes - (old.kind = 0),
        bytes = bytes - (old.kind = 0) * length(old.content) WHERE id = old.mailbox;
    UPDATE whole SET bytes = bytes - length(old.content);
END;
CREATE TRIGGER item_gone AFTER DELETE ON items BEGIN
    UPDATE mailboxes SET items = items - 1,
        envelopes = envelopes - (old.kind = 0 AND old.content IS NOT NULL),
        bytes = bytes - (old.kind = 0) * ifnull(length(old.content), 0) WHERE id = old.mailbox;
    UPDATE whole SET bytes = bytes - ifnull(length(old.content), 0) - 256;
END;
)";

}  // namespace netaio::chat

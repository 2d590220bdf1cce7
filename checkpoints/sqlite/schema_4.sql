-- Version 4 of the checkpoint store: what became of items that were put into another server.

CREATE TABLE deliveries (
  -- One mailbox of one migration. It needs no row in mailboxes, which are those that were read.
  id      INTEGER PRIMARY KEY,
  job     TEXT NOT NULL,
  mailbox TEXT NOT NULL,  -- the source's address
  UNIQUE (job, mailbox)
) STRICT;

CREATE TABLE places (
  -- Where the items of one folder of the source are put.
  delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
  folder      TEXT NOT NULL,     -- identity of the source's folder
  path        TEXT NOT NULL,     -- of the source's folder
  class       TEXT NOT NULL,
  target      TEXT NOT NULL,     -- the target's name for its folder; '' = there is none
  at          TEXT NOT NULL,     -- path of the target's folder
  want        TEXT NOT NULL,     -- path that was asked for
  next        TEXT NOT NULL,     -- path that it is being given; '' = none
  made        INTEGER NOT NULL,  -- 1 = it was made for the migration
  mark        TEXT NOT NULL,     -- what it held before the rows in state 'sending' were sent
  PRIMARY KEY (delivery_id, folder)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
  -- One item. Columns of type ANY hold a BLOB where the value is lower-case hex (half the room), else TEXT.
  delivery_id INTEGER NOT NULL,  -- deliveries
  item        TEXT NOT NULL,     -- its id in the archive
  folder      TEXT NOT NULL,     -- identity of the source's folder that it was in
  state       TEXT NOT NULL,     -- sending, placed, found, refused, taken or removed
  target      TEXT NOT NULL,     -- the target's name for the folder that it is in
  id          TEXT NOT NULL,     -- the target's name for it
  holds       ANY NOT NULL,      -- hash of what the target held of it when it was last written
  sha256      ANY NOT NULL,      -- of the source's bytes that were put
  size        INTEGER NOT NULL,  -- of these bytes
  marks       ANY NOT NULL,      -- hash of the flags and categories that were put
  altered     TEXT NOT NULL,     -- JSON: what the target holds otherwise
  reason      TEXT NOT NULL,
  written     TEXT,              -- RFC 3339, UTC
  run         TEXT NOT NULL,     -- id of the run that wrote the row
  PRIMARY KEY (delivery_id, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts_by_folder ON receipts (delivery_id, folder, item);

CREATE VIEW delivered AS
  -- The receipts with paths in place of identities and hashes in hex: for people.
  SELECT d.job, d.mailbox, coalesce(p.path, r.folder) AS path, p.at, r.item, r.state, r.target, r.id,
         iif(typeof(r.sha256) = 'blob', lower(hex(r.sha256)), r.sha256) AS sha256,
         r.size, r.altered, r.reason, r.written, r.run
    FROM receipts r
    JOIN deliveries d ON d.id = r.delivery_id
    LEFT JOIN places p ON p.delivery_id = r.delivery_id AND p.folder = r.folder;

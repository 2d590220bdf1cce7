-- Version 1 of the checkpoint store.
--
-- SQLite keeps the text of a statement as it was written, so the comments inside the parentheses are in the file
-- itself: `sqlite3 checkpoints.db .schema` shows them.

CREATE TABLE mailboxes (
  -- One mailbox of one job (an archive or a migration), and what servers tie their sync state to.
  id            INTEGER PRIMARY KEY,
  job           TEXT NOT NULL,
  mailbox       TEXT NOT NULL,
  server        TEXT NOT NULL,  -- URL in use
  user          TEXT NOT NULL,
  device_id     TEXT NOT NULL,  -- the device partnership that all keys belong to
  eas           TEXT NOT NULL,  -- protocol version
  policy_key    TEXT NOT NULL,
  hierarchy_key TEXT NOT NULL,  -- SyncKey of FolderSync
  last_run      TEXT NOT NULL,  -- id of the last run that wrote a record
  last_result   TEXT NOT NULL,
  last_ended    TEXT,           -- RFC 3339, UTC; NULL = never
  UNIQUE (job, mailbox)
) STRICT;

CREATE TABLE folders (
  -- One folder: what it is, where it stands, how its last run went.
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes (id),
  id         INTEGER NOT NULL,  -- number of the folder in its mailbox
  identity   TEXT NOT NULL,     -- its identity in the archive

  dir        TEXT NOT NULL,     -- its place in the archive
  path       TEXT NOT NULL,     -- display path
  server_id  TEXT NOT NULL,     -- hierarchy id under the mailbox's device_id
  parent_id  TEXT NOT NULL,
  name       TEXT NOT NULL,
  type       INTEGER NOT NULL,  -- MS-ASCMD 2.2.3.186.3
  class      TEXT NOT NULL,
  gone       INTEGER NOT NULL,  -- 1 = no longer on the server

  seq        INTEGER NOT NULL,  -- number of the last committed segment, 0 = none
  sync_key   TEXT NOT NULL,     -- the key that was committed with it
  asked      INTEGER NOT NULL,  -- how often the key was shown to the server since
  last       TEXT NOT NULL,     -- SHA-256 of segment seq, hex
  options    TEXT NOT NULL,     -- fingerprint of the Sync options that the key was made with
  resync     INTEGER NOT NULL,  -- 1 = a pass from key 0 is under way
  pass       INTEGER NOT NULL,  -- number of the current pass from key 0

  recorded   INTEGER NOT NULL,  -- highest seq that a stored run record names
  estimate   INTEGER NOT NULL,  -- what the server last said it holds, -1 = never said
  balanced   INTEGER NOT NULL,  -- 1 = the last completed run found it balanced
  drained    TEXT,              -- RFC 3339, UTC: when it last was read to its end; NULL = never
  problem    TEXT NOT NULL,     -- why it was not, last time

  PRIMARY KEY (mailbox_id, id),
  UNIQUE (mailbox_id, identity)
) STRICT, WITHOUT ROWID;

CREATE TABLE states (
  -- The states of an item. Items in states 1 to 3 are on the server, the others are not.
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO states (id, name)
VALUES (1, 'archived'), (2, 'excluded'), (3, 'quarantined'), (4, 'deleted'), (5, 'soft-deleted');

CREATE TABLE ledger (
  -- One item of a folder. Columns of type ANY hold a BLOB where the value is lower-case hex (half the room), else TEXT.
  -- No foreign keys: a commit looks its folder up once, and checking each row again would take a fifth of its time.
  mailbox_id  INTEGER NOT NULL,  -- with folder_id: folders
  folder_id   INTEGER NOT NULL,
  server_id   TEXT NOT NULL,
  id          ANY NOT NULL,      -- id in the archive; '' = excluded, not stored
  state       INTEGER NOT NULL,  -- states.id
  sha256      ANY NOT NULL,      -- of the last stored bytes
  properties  ANY NOT NULL,      -- hash of the properties last seen
  fingerprint ANY NOT NULL,      -- what an audit matches by
  size        INTEGER NOT NULL,  -- bytes
  seq         INTEGER NOT NULL,  -- segment of the last event
  pass        INTEGER NOT NULL,  -- the last pass from key 0 that saw it
  reason      TEXT NOT NULL,
  PRIMARY KEY (mailbox_id, folder_id, server_id)
) STRICT, WITHOUT ROWID;

-- Eight bytes of a hash find its rows as well as all 32 do, in a third of the room; that the mailbox comes first keeps
-- the pages that a commit touches together.
CREATE INDEX ledger_by_sha256 ON ledger (mailbox_id, substr(sha256, 1, 8)) WHERE sha256 <> '';

CREATE VIEW items AS
  -- The ledger with names in place of numbers and hashes in hex: for people.
  SELECT m.job, m.mailbox, f.path, l.server_id, s.name AS state,
         iif(typeof(l.id) = 'blob', lower(hex(l.id)), l.id) AS id,
         iif(typeof(l.sha256) = 'blob', lower(hex(l.sha256)), l.sha256) AS sha256,
         l.size, l.seq, l.pass, l.reason
    FROM ledger l
    JOIN mailboxes m ON m.id = l.mailbox_id
    JOIN folders f ON f.mailbox_id = l.mailbox_id AND f.id = l.folder_id
    JOIN states s ON s.id = l.state;

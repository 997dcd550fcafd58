-- Names that rows repeat, as small numbers.
CREATE TABLE clinic (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE type (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE record_kind (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- What the database keeps about itself: its secret for hashes and cursors.
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- One row a version of a resource; its seq is its place in the commit sequence. Small on purpose:
-- searches read it for every candidate. What decides access stands here.
CREATE TABLE version (
  seq INTEGER PRIMARY KEY,
  replaced_by INTEGER,          -- seq of the next version; NULL: this is the current one
  deleted INTEGER NOT NULL,
  type INTEGER NOT NULL,
  clinic INTEGER NOT NULL,
  sensitivity INTEGER NOT NULL,  -- bits of security::Sensitivity
  patient TEXT,                  -- id of the compartment's Patient
  last_updated INTEGER NOT NULL, -- milliseconds since 1970 UTC
  version INTEGER NOT NULL,
  previous INTEGER,              -- seq of the version before
  id TEXT NOT NULL,
  source_kind INTEGER,
  source_id TEXT
) STRICT;

-- The bytes of a version. `entries` is what the search parameters extract, decoded for sorting,
-- includes and criteria that no posting answers. A body is (codec, key_id, bytes).
CREATE TABLE content (
  seq INTEGER PRIMARY KEY,
  entries BLOB NOT NULL,
  codec INTEGER NOT NULL,        -- 0: as it is
  key_id INTEGER NOT NULL,       -- 0: not encrypted
  body BLOB
) STRICT;

CREATE TABLE resource (
  type INTEGER NOT NULL,
  id TEXT NOT NULL,
  current INTEGER NOT NULL,      -- seq of the current version, a deleted one included
  PRIMARY KEY (type, id)
) STRICT, WITHOUT ROWID;

-- The inverted index: a row holds the versions of one group commit that carry the term.
CREATE TABLE posting (
  term BLOB NOT NULL,
  first INTEGER NOT NULL,        -- seq of the first version
  more BLOB NOT NULL,            -- the others as varint differences
  PRIMARY KEY (term, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
  number INTEGER PRIMARY KEY,
  clinic INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  seen INTEGER NOT NULL,         -- highest revision seen, a parked one included
  applied INTEGER,               -- highest revision applied
  UNIQUE (clinic, kind, id)
) STRICT;

CREATE TABLE revision (
  number INTEGER PRIMARY KEY,
  record INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  status INTEGER NOT NULL,       -- 0 applied, 1 parked, 2 superseded
  body_hash BLOB NOT NULL,       -- SHA-256 of the serialized record
  received INTEGER NOT NULL,
  first_seq INTEGER,             -- its receipt: the versions from here on
  resources INTEGER NOT NULL,    -- how many
  codec INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  serialized BLOB NOT NULL,
  UNIQUE (record, revision)
) STRICT;
CREATE INDEX revision_parked ON revision (number) WHERE status = 1;

-- The records that a parked revision waits for.
CREATE TABLE waiting (
  clinic INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,     -- revision.number
  field_path TEXT NOT NULL,
  PRIMARY KEY (clinic, kind, id, revision, field_path)
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_revision ON waiting (revision);

CREATE TABLE dead_letter (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  clinic INTEGER NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  violations TEXT NOT NULL,
  received INTEGER NOT NULL,
  codec INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  serialized BLOB NOT NULL
) STRICT;
CREATE INDEX dead_letter_clinic ON dead_letter (clinic, number);

CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  recorded INTEGER NOT NULL,
  clinic INTEGER NOT NULL,
  principal TEXT NOT NULL,
  action TEXT NOT NULL,
  entity TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE TABLE client (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  jwks TEXT NOT NULL,
  scopes TEXT NOT NULL,
  clinics TEXT NOT NULL,         -- one a line
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE assertion (
  client TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (client, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX assertion_expires ON assertion (expires);

-- Bulk exports. The files are not here: a part says which versions it is read from.
CREATE TABLE export_job (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  scopes TEXT NOT NULL,
  request TEXT NOT NULL,
  parameters TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  transaction_time INTEGER NOT NULL,
  state INTEGER NOT NULL,        -- 0 running, 1 done, 2 failed
  expires INTEGER NOT NULL,
  issues TEXT NOT NULL,
  failure TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE export_part (
  job TEXT NOT NULL,
  number INTEGER NOT NULL,
  kind INTEGER NOT NULL,         -- 0 output, 1 deleted
  type TEXT NOT NULL,
  after_seq INTEGER NOT NULL,
  until_seq INTEGER NOT NULL,
  resources INTEGER NOT NULL,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

-- The latest transaction time that was given out: what is written later is last updated later, even
-- if the machine's clock steps back.
CREATE TABLE export_clock (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  latest INTEGER NOT NULL
) STRICT;

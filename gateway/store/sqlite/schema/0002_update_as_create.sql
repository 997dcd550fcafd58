-- Whether the client may name new resources itself.
ALTER TABLE client ADD COLUMN update_as_create INTEGER NOT NULL DEFAULT 0;

-- The versions of a clinic and type in the order of the commit sequence: an index of a rowid table
-- ends with the rowid, here seq. Histories read it backwards.
CREATE INDEX version_history ON version (clinic, type);

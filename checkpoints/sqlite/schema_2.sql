-- Version 2 of the checkpoint store: a doubt about a folder outlives the run that it came up in.

-- 1 = an answer may have hidden changes, and no enumeration has settled it since.
ALTER TABLE folders ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;

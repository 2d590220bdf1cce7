-- Version 3 of the checkpoint store: a mailbox that moved, or was found by its address, is looked for there first.

-- URL that was named when server came into use; '' = none was.
ALTER TABLE mailboxes ADD COLUMN named TEXT NOT NULL DEFAULT '';

-- What is asked about it may not leave this computer.
ALTER TABLE libraries ADD COLUMN local_only INTEGER NOT NULL DEFAULT 0;

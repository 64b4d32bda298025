-- What is listed beside plain files, as JSON.
ALTER TABLE libraries ADD COLUMN include TEXT NOT NULL DEFAULT '{}';

-- The text around what a kept run cites, as the run saw it. The text itself is a blob of that run.
CREATE TABLE pins (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    first_line INTEGER NOT NULL,
    total_lines INTEGER NOT NULL,
    -- BLAKE3 of the document's whole text.
    digest TEXT NOT NULL,
    blob TEXT NOT NULL,
    -- Places of the lines in the original, as JSON.
    places TEXT NOT NULL,
    PRIMARY KEY (run_id, path, first_line)
) WITHOUT ROWID;

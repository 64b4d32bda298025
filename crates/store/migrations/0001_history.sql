-- What a person asked about, kept so that it can be chosen again.
CREATE TABLE libraries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- JSON array of absolute paths, sorted: the same folders are the same library.
    sources TEXT NOT NULL UNIQUE,
    added_at_ms INTEGER NOT NULL,
    last_used_ms INTEGER NOT NULL
);

-- One row per run. All but run_id and owner is derived from events, in the transaction of the event that changes it.
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    question TEXT NOT NULL,
    name TEXT NOT NULL,
    sources TEXT NOT NULL,
    model TEXT NOT NULL,
    library_id INTEGER REFERENCES libraries (id) ON DELETE SET NULL,
    started_at_ms INTEGER NOT NULL,
    -- `running` until a Finished event; whether its owner still lives is found out when it is read.
    status TEXT NOT NULL,
    -- Whole picodollars, so that sums are exact.
    cost_pico INTEGER NOT NULL DEFAULT 0,
    -- Calls whose price is unknown.
    unpriced INTEGER NOT NULL DEFAULT 0,
    finished_at_ms INTEGER,
    -- The store (a file in `locks`) that works on this run; null when it is finished.
    owner TEXT
);
CREATE INDEX runs_by_library ON runs (library_id);

CREATE TABLE events (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    node INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- The event's kind as JSON, compressed when large.
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- Replies that are still arriving.
CREATE TABLE partials (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    node INTEGER NOT NULL,
    -- -1: the node's own turn, not a sub-call.
    call INTEGER NOT NULL,
    text BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (run_id, node, call)
);

CREATE TABLE blobs (
    digest TEXT PRIMARY KEY,
    text BLOB NOT NULL
);

-- Who still needs a blob. No foreign key: a run may keep a text before its first event.
CREATE TABLE run_blobs (
    digest TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (digest, run_id)
) WITHOUT ROWID;
CREATE INDEX run_blobs_by_run ON run_blobs (run_id);

CREATE TRIGGER run_deleted AFTER DELETE ON runs BEGIN
    DELETE FROM blobs
    WHERE digest IN (SELECT digest FROM run_blobs WHERE run_id = OLD.run_id)
        AND NOT EXISTS (SELECT 1 FROM run_blobs AS other WHERE other.digest = blobs.digest AND other.run_id <> OLD.run_id);
    DELETE FROM run_blobs WHERE run_id = OLD.run_id;
END;

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

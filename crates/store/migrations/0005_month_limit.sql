-- Money set aside for calls under way, of all programs that have this open: the month's limit is kept for all of them together.
-- One goes in the transaction that adds what its call came to.
CREATE TABLE reservations (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    node INTEGER NOT NULL,
    -- -1: the node's own turn.
    call INTEGER NOT NULL,
    -- The store that made it: where that is gone, so is its call.
    owner TEXT NOT NULL,
    cost_pico INTEGER NOT NULL,
    PRIMARY KEY (run_id, node, call)
) WITHOUT ROWID;

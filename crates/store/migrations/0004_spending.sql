-- What calls to models came to, per local day, model and run. A fold over the events, added to in the transaction of each; no foreign key,
-- because what was spent stays spent when a run is deleted.
CREATE TABLE spending (
    -- 2026-11-22: the user's day when the call ended.
    day TEXT NOT NULL,
    -- PROVIDER:NAME
    model TEXT NOT NULL,
    run_id TEXT NOT NULL,
    calls INTEGER NOT NULL,
    -- Of these, calls that cost nothing, and calls whose price is unknown.
    free INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    cost_pico INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (day, model, run_id)
) WITHOUT ROWID;

-- What makes two runs alike: the way taken, the models, the size.
ALTER TABLE runs ADD COLUMN mode TEXT;
ALTER TABLE runs ADD COLUMN sub_model TEXT;
ALTER TABLE runs ADD COLUMN tokens_estimate INTEGER;

-- Runs of before, whose events are still to be added to the tables above.
CREATE TABLE unfolded (run_id TEXT PRIMARY KEY REFERENCES runs (run_id) ON DELETE CASCADE);
INSERT INTO unfolded SELECT run_id FROM runs;

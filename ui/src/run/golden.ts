// The golden runs in `tests/fixtures/runs`, for tests: `crates/rlm/tests/golden_runs.rs` holds the engine to the same files.
import { readFileSync, readdirSync } from "node:fs";
import type { Event } from "../bindings/Event";
import type { Ledger } from "../bindings/Ledger";
import type { Told } from "../bindings/Told";
import type { Usage } from "../bindings/Usage";
import type { Exchange } from "./fold";

const folder = new URL("../../../tests/fixtures/runs/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

/** Totals as the engine derives them. */
export interface Totals extends Exchange {
  exchanges: Exchange[];
  mode: string | null;
  mode_reason: string | null;
  turns: number;
  calls: number;
  usage: Usage;
  cost: number;
  price_unknown: boolean;
  elapsed_ms: number;
}

export const goldenNames = readdirSync(folder)
  .filter((file) => file.endsWith(".jsonl"))
  .map((file) => file.replace(".jsonl", ""));

/** The events of a golden run with what they mean, as front ends get them. */
export function golden(name: string): Told[] {
  const meanings = JSON.parse(read(`${name}.story.json`)) as Pick<Told, "seq" | "steps" | "facts">[];
  const bySeq = new Map(meanings.map((meaning) => [meaning.seq, meaning]));
  const lines = read(`${name}.jsonl`).trimEnd().split("\n");
  return lines.map((line) => {
    const event = JSON.parse(line) as Event;
    return { ...event, ...bySeq.get(event.seq) };
  });
}

export const goldenTotals = (name: string) =>
  JSON.parse(read(`${name}.totals.json`)) as { totals: Totals; ledger: Ledger | null };

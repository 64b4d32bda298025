import type { RunState } from "../bindings/RunState";
import type { RunView } from "./fold";

/** A run's record as far as its state depends on it. */
interface Record {
  summary?: { status: RunState };
  /** Events have arrived since the record was read. */
  live?: boolean;
}

/** The state of an open run. A record without an end is in progress, or was cut off when Plumb ended. */
export function stateOf(view: RunView, { summary, live }: Record): RunState {
  if (view.finished) return view.finished.status;
  return summary?.status === "interrupted" && !live ? "interrupted" : "running";
}

export const canContinue = (state: RunState) =>
  state === "limit" || state === "stopped" || state === "failed" || state === "interrupted";

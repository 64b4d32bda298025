import type { RunState } from "../bindings/RunState";
import type { RunLog } from "../data/runLog";
import type { RunView } from "./fold";

/** Where an opened run stands. A record without an end is either under way or was cut off by the program's own end. */
export function stateOf(view: RunView, log: RunLog): RunState {
  if (view.finished) return view.finished.status;
  return log.summary?.status === "interrupted" && !log.live ? "interrupted" : "running";
}

export const canContinue = (state: RunState) =>
  state === "limit" || state === "stopped" || state === "failed" || state === "interrupted";

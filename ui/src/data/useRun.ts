import { useEffect, useMemo, useState } from "react";
import type { RunState } from "../bindings/RunState";
import { fold, type RunView } from "../run/fold";
import { stateOf } from "../run/state";
import { useRunLog } from "./host";
import type { RunLog } from "./runLog";

export interface OpenRun {
  id: string;
  log: RunLog;
  view: RunView;
  state: RunState;
}

/** The run that is shown, folded. Absent until its first event is here. */
export function useRun(id: string | null): { run: OpenRun | null; log: RunLog } {
  const log = useRunLog(id);
  const run = useMemo(() => {
    if (id === null || log.events.length === 0) return null;
    const view = fold(log.events);
    const state = stateOf(view, log);
    return { id, log, view: state === "interrupted" ? fold(log.events, true) : view, state };
  }, [id, log]);
  return { run, log };
}

/** The run's own clock, ticking while it is under way. */
export function useClock({ view, state }: Pick<OpenRun, "view" | "state">): number {
  const ticking = state === "running";
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [ticking]);
  if (!ticking) return view.finished?.elapsed ?? view.length;
  return view.length + Math.max(0, now - view.lastAt);
}

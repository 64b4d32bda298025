import { createContext, useContext, useEffect, useMemo, useState } from "react";
import type { RunState } from "../../bindings/RunState";
import { fold, type RunView } from "../../run/fold";
import { stateOf } from "../../run/state";
import { createStore, useStore } from "../store";
import type { RunLog, RunLogs } from "./runLog";

export interface OpenRun {
  id: string;
  log: RunLog;
  view: RunView;
  state: RunState;
}

export const RunLogsContext = createContext<RunLogs | null>(null);

export function useRunLogs(): RunLogs {
  const logs = useContext(RunLogsContext);
  if (!logs) throw new Error("RunLogsContext is missing");
  return logs;
}

const noRun = createStore<RunLog>({ events: [], partials: {} });

/** The open run, derived from its events. `run` is null until the first event arrives. */
export function useRun(id: string | null): { run: OpenRun | null; log: RunLog } {
  const logs = useRunLogs();
  const log = useStore(useMemo(() => (id === null ? noRun : logs.open(id)), [logs, id]));
  const run = useMemo(() => {
    if (id === null || log.events.length === 0) return null;
    const view = fold(log.events);
    const state = stateOf(view, log);
    return { id, log, view: state === "interrupted" ? fold(log.events, true) : view, state };
  }, [id, log]);
  return { run, log };
}

/** Milliseconds on the run's own clock. Ticks while the run is in progress. */
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

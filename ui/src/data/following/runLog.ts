// Records of the open runs, kept current by updates.
import type { Event } from "../../bindings/Event";
import type { Partial } from "../../bindings/Partial";
import type { RunSummary } from "../../bindings/RunSummary";
import type { Update } from "../../bindings/Update";
import { toFailure, type Failure, type Platform } from "../../platform";
import { createStore, type Store } from "../store";

export interface RunLog {
  summary?: RunSummary;
  events: Event[];
  /** Text of incomplete replies, by node and call. */
  partials: Readonly<Record<string, string>>;
  failure?: Failure;
  /** The share of the local model that is in memory, 0 to 1, while it loads. */
  loading?: number | undefined;
  /** Events have arrived since the record was read, so the run is in progress whatever its summary says. */
  live?: boolean;
}

export const partialKey = (node: number, call?: number) => (call === undefined ? `${node}` : `${node}:${call}`);

/** Minimum time between two redraws. */
const FRAME_MS = 50;

interface Entry {
  store: Store<RunLog>;
  next: RunLog;
  loaded: boolean;
  timer?: ReturnType<typeof setTimeout> | undefined;
}

export class RunLogs {
  private readonly entries = new Map<string, Entry>();
  private readonly platform: Platform;

  constructor(platform: Platform) {
    this.platform = platform;
  }

  /** The record of a run. The first call reads it from the host. */
  open(run: string): Store<RunLog> {
    const known = this.entries.get(run);
    if (known) return known.store;
    const log: RunLog = { events: [], partials: {} };
    const entry: Entry = { store: createStore(log), next: log, loaded: false };
    this.entries.set(run, entry);
    void this.read(run, entry);
    return entry.store;
  }

  /** Reads one open record again, or all of them: after lost updates or an error. */
  reread(run?: string): void {
    for (const [id, entry] of this.entries) if (run === undefined || id === run) void this.read(id, entry);
  }

  forget(run: string): void {
    this.entries.delete(run);
  }

  take(update: Update): void {
    if (update.type !== "event" && update.type !== "delta" && update.type !== "loading") return;
    const entry = this.entries.get(update.run);
    if (!entry) return;
    if (update.type === "loading") {
      entry.next = { ...entry.next, loading: update.part < 1 ? update.part : undefined };
    } else if (update.type === "event") {
      entry.next = {
        ...entry.next,
        events: merge(entry.next.events, [update.event]),
        partials: settle(entry.next.partials, update.event),
        live: true,
      };
    } else if (entry.loaded) {
      const key = partialKey(update.node, update.call);
      entry.next = {
        ...entry.next,
        loading: undefined,
        partials: { ...entry.next.partials, [key]: (entry.next.partials[key] ?? "") + update.text },
      };
    }
    this.show(entry);
  }

  private async read(run: string, entry: Entry): Promise<void> {
    try {
      const { summary, events, partials } = await this.platform.call("run", { run });
      entry.next = { summary, events: merge(events, entry.next.events), partials: byKey(partials) };
      entry.loaded = true;
    } catch (thrown) {
      entry.next = { ...entry.next, failure: toFailure(thrown) };
    }
    this.show(entry);
  }

  private show(entry: Entry): void {
    entry.timer ??= setTimeout(() => {
      entry.timer = undefined;
      entry.store.set(entry.next);
    }, FRAME_MS);
  }
}

/** Merges two parts of a record: in order, each event once. */
export function merge(events: Event[], more: Event[]): Event[] {
  const last = events.at(-1)?.seq ?? -1;
  const [first] = more;
  if (!first) return events;
  if (first.seq > last) return [...events, ...more];
  const bySeq = new Map([...events, ...more].map((event) => [event.seq, event]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

const byKey = (partials: Partial[]) => Object.fromEntries(partials.map((p) => [partialKey(p.node, p.call), p.text]));

/** Drops the partial text of a reply once the reply is complete. */
function settle(partials: RunLog["partials"], event: Event): RunLog["partials"] {
  if (event.type === "finished") return {};
  const key =
    event.type === "reply" || event.type === "reply_lost" || event.type === "turn_started"
      ? partialKey(event.node)
      : event.type === "call_finished"
        ? partialKey(event.node, event.call)
        : undefined;
  if (key === undefined || !(key in partials)) return partials;
  return Object.fromEntries(Object.entries(partials).filter(([k]) => k !== key));
}

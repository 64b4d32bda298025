// The records of the runs that have been opened, kept up to date by updates.
import type { Event } from "../../bindings/Event";
import type { Partial } from "../../bindings/Partial";
import type { RunSummary } from "../../bindings/RunSummary";
import type { Update } from "../../bindings/Update";
import { toFailure, type Failure, type Platform } from "../../platform";
import { createStore, type Store } from "../store";

export interface RunLog {
  summary?: RunSummary;
  events: Event[];
  /** What has arrived of replies that are not complete, by node and call. */
  partials: Readonly<Record<string, string>>;
  failure?: Failure;
  /** The model on this computer is being loaded: how much of it is in memory, 0 to 1. */
  loading?: number | undefined;
  /** Something happened since it was read, so it is under way whatever its summary said then. */
  live?: boolean;
}

export const partialKey = (node: number, call?: number) => (call === undefined ? `${node}` : `${node}:${call}`);

/** Redrawing more often than this shows nothing more. */
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

  /** The record of a run; read from the host when it is first asked for. */
  open(run: string): Store<RunLog> {
    const known = this.entries.get(run);
    if (known) return known.store;
    const log: RunLog = { events: [], partials: {} };
    const entry: Entry = { store: createStore(log), next: log, loaded: false };
    this.entries.set(run, entry);
    void this.read(run, entry);
    return entry.store;
  }

  /** Reads again what is open: after updates were lost, or after a failure. */
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

/** Two parts of one record, in order, each event once. */
export function merge(events: Event[], more: Event[]): Event[] {
  const last = events.at(-1)?.seq ?? -1;
  const [first] = more;
  if (!first) return events;
  if (first.seq > last) return [...events, ...more];
  const bySeq = new Map([...events, ...more].map((event) => [event.seq, event]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

const byKey = (partials: Partial[]) => Object.fromEntries(partials.map((p) => [partialKey(p.node, p.call), p.text]));

/** A reply that is complete has no arrived part any more. */
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

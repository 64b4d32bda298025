// Progress and speed of the downloads of built-in models.
import type { Fault } from "../../bindings/Fault";
import type { Update } from "../../bindings/Update";
import { createStore } from "../store";

export interface Fetching {
  bytesHere: number;
  bytes: number;
  /** Bytes per second over the last few seconds; absent until it can be measured. */
  speed?: number | undefined;
  fault?: Fault | undefined;
  /** The download is complete and being verified, so the count has started again. */
  checking: boolean;
  /** `[time in ms, bytes]` over the last few seconds. */
  marks: [number, number][];
}

export const fetching = createStore<Readonly<Record<string, Fetching>>>({});

/** Time over which the speed is measured. */
const SPEED_WINDOW_MS = 5000;

export function takeFetch(update: Extract<Update, { type: "fetch" }>, now: number): void {
  const { id, bytes_here: bytesHere, bytes, fault, done } = update;
  const { [id]: before, ...others } = fetching.get();
  // You paused it yourself, so a pause is not reported.
  if (done && (!fault || fault.code === "stopped")) return fetching.set(others);
  const checking = before !== undefined && (before.checking || bytesHere < before.bytesHere);
  const marks = [...(before?.marks ?? []).filter(([at]) => now - at < SPEED_WINDOW_MS), [now, bytesHere] as [number, number]];
  const [first] = marks;
  const seconds = first ? (now - first[0]) / 1000 : 0;
  const speed = first && seconds > 0.5 ? (bytesHere - first[1]) / seconds : before?.speed;
  fetching.set({ ...others, [id]: { bytesHere, bytes, fault, speed, checking, marks: done ? [] : marks } });
}

/** Forgets the last error before a new attempt. */
export function clearFetch(id: string): void {
  fetching.set(Object.fromEntries(Object.entries(fetching.get()).filter(([other]) => other !== id)));
}

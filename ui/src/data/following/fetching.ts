// How far the download of a built-in model is, and how fast it goes.
import type { Fault } from "../../bindings/Fault";
import type { Update } from "../../bindings/Update";
import { createStore } from "../store";

export interface Fetching {
  bytesHere: number;
  bytes: number;
  /** Bytes a second over the last moments; absent until it can be told. */
  speed?: number | undefined;
  fault?: Fault | undefined;
  /** All bytes are here and are read once more, to see that they are the right ones: the count began anew. */
  checking: boolean;
  /** `[when, bytes]` of the last moments. */
  marks: [number, number][];
}

export const fetching = createStore<Readonly<Record<string, Fetching>>>({});

const MOMENTS_MS = 5000;

export function takeFetch(update: Extract<Update, { type: "fetch" }>, now: number): void {
  const { id, bytes_here: bytesHere, bytes, fault, done } = update;
  const { [id]: before, ...others } = fetching.get();
  // That it was paused is no news to who paused it.
  if (done && (!fault || fault.code === "stopped")) return fetching.set(others);
  const checking = before !== undefined && (before.checking || bytesHere < before.bytesHere);
  const marks = [...(before?.marks ?? []).filter(([at]) => now - at < MOMENTS_MS), [now, bytesHere] as [number, number]];
  const [first] = marks;
  const seconds = first ? (now - first[0]) / 1000 : 0;
  const speed = first && seconds > 0.5 ? (bytesHere - first[1]) / seconds : before?.speed;
  fetching.set({ ...others, [id]: { bytesHere, bytes, fault, speed, checking, marks: done ? [] : marks } });
}

/** Before a new attempt: the last fault is old news. */
export function clearFetch(id: string): void {
  fetching.set(Object.fromEntries(Object.entries(fetching.get()).filter(([other]) => other !== id)));
}

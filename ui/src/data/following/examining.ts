// Progress of reading every document of a library.
import type { QueryClient } from "@tanstack/react-query";
import type { DocumentEntry } from "../../bindings/DocumentEntry";
import type { Documents } from "../../bindings/Documents";
import type { Fault } from "../../bindings/Fault";
import type { Update } from "../../bindings/Update";
import { createStore } from "../store";

export interface Examining {
  done: number;
  /** 0 until the first update arrives. */
  all: number;
  /** The error that ended it early. */
  fault?: Fault | undefined;
}

/** By library. */
export const examining = createStore<Readonly<Record<string, Examining>>>({});

type Examined = Extract<Update, { type: "examined" }>;

export function takeExamined({ library, done, all, ended, fault }: Examined): void {
  if (!ended) return examining.set({ ...examining.get(), [library]: { done, all } });
  endExamining(library);
  if (fault) examining.set({ ...examining.get(), [library]: { done: 0, all: 0, fault } });
}

/** Shows progress at once: the first update takes a moment. */
export const beginExamining = (library: string) => examining.set({ ...examining.get(), [library]: { done: 0, all: 0 } });

export function endExamining(library: string): void {
  examining.set(Object.fromEntries(Object.entries(examining.get()).filter(([other]) => other !== library)));
}

/** Pause between two changes of the list: each change sorts a long list again. */
const LIST_PAUSE_MS = 1000;

/** Returns a function that puts the new states of documents into the list on screen while others are still being read. */
export function listUpdater(client: QueryClient): (update: Examined) => void {
  const waiting = new Map<string, Map<string, DocumentEntry>>();
  const take = (library: string) => {
    const read = waiting.get(library);
    if (!read) return;
    waiting.delete(library);
    client.setQueryData<Documents>(
      ["documents", library],
      (known) => known && { ...known, entries: known.entries.map((entry) => read.get(entry.path) ?? entry) },
    );
  };
  return ({ library, documents = [], ended }) => {
    // At the end the whole list is fetched again.
    if (ended) return void waiting.delete(library);
    let read = waiting.get(library);
    if (!read) {
      waiting.set(library, (read = new Map()));
      setTimeout(() => take(library), LIST_PAUSE_MS);
    }
    for (const entry of documents) read.set(entry.path, entry);
  };
}

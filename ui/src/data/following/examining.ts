// How far the reading of every document of a library is.
import type { QueryClient } from "@tanstack/react-query";
import type { DocumentEntry } from "../../bindings/DocumentEntry";
import type { Documents } from "../../bindings/Documents";
import type { Fault } from "../../bindings/Fault";
import type { Update } from "../../bindings/Update";
import { createStore } from "../store";

export interface Examining {
  done: number;
  /** None until the first word of it has come. */
  all: number;
  /** It ended badly. */
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

/** It was asked for: the first word of how far it is takes a moment. */
export const beginExamining = (library: string) => examining.set({ ...examining.get(), [library]: { done: 0, all: 0 } });

export function endExamining(library: string): void {
  examining.set(Object.fromEntries(Object.entries(examining.get()).filter(([other]) => other !== library)));
}

/** Milliseconds between two changes of the list: each puts all of a long one in order again. */
const PAUSE = 1000;

/** Takes what became of documents into the list that is shown, while others are still being read. */
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
    // At the end the whole list is asked for again.
    if (ended) return void waiting.delete(library);
    let read = waiting.get(library);
    if (!read) {
      waiting.set(library, (read = new Map()));
      setTimeout(() => take(library), PAUSE);
    }
    for (const entry of documents) read.set(entry.path, entry);
  };
}

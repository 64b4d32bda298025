// How far the reading of every document of a library is.
import type { Fault } from "../bindings/Fault";
import type { Update } from "../bindings/Update";
import { createStore } from "./store";

export interface Examining {
  done: number;
  /** None until the first word of it has come. */
  all: number;
  /** It ended badly. */
  fault?: Fault | undefined;
}

/** By library. */
export const examining = createStore<Readonly<Record<string, Examining>>>({});

export function takeExamined({ library, done, all, ended, fault }: Extract<Update, { type: "examined" }>): void {
  if (!ended) return examining.set({ ...examining.get(), [library]: { done, all } });
  endExamining(library);
  if (fault) examining.set({ ...examining.get(), [library]: { done: 0, all: 0, fault } });
}

/** It was asked for: the first word of how far it is takes a moment. */
export const beginExamining = (library: string) => examining.set({ ...examining.get(), [library]: { done: 0, all: 0 } });

export function endExamining(library: string): void {
  examining.set(Object.fromEntries(Object.entries(examining.get()).filter(([other]) => other !== library)));
}

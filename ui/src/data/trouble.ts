// The last error that belongs to no run.
import { toFailure, type FailureCode } from "../platform";
import { createStore } from "./store";

/** Shown above the answer until you close it or go somewhere else. */
export const trouble = createStore<{ code: FailureCode; message: string } | null>(null);

export function report(thrown: unknown): void {
  const { code, message } = toFailure(thrown);
  trouble.set({ code, message });
}

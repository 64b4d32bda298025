import type { Kind } from "../run/story";

/** The colour of each kind of step, shared by story, tree and time line. */
export const kindColor: Record<Kind, string> = {
  look: "var(--trace-look)",
  search: "var(--trace-search)",
  ask: "var(--trace-ask)",
  answer: "var(--trace-ask)",
  code: "var(--trace-code)",
  think: "var(--trace-think)",
  trouble: "var(--warn)",
};

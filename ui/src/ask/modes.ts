import type { ModeChoice } from "../bindings/ModeChoice";

/** Names and descriptions of the ways to answer. */
export const modeWords: Record<ModeChoice, { name: string; about: string }> = {
  auto: { name: "Auto", about: "Plumb picks the way that suits the folder and the model, and tells you why." },
  direct: { name: "Direct", about: "The model reads everything at once. Best for a few pages." },
  rlm: {
    name: "Step by step",
    about: "The model searches, reads in pieces and asks more questions itself. Best for large folders and strong models.",
  },
  guided: { name: "Guided", about: "Step by step, with more help from Plumb. Best for small models." },
  map: {
    name: "Planned",
    about: "Plumb plans the steps for the kind of question and asks the model about one passage at a time.",
  },
};

import type { ModeChoice } from "../bindings/ModeChoice";

/** The ways to answer, in plain words. */
export const modeWords: Record<ModeChoice, { name: string; about: string }> = {
  auto: { name: "Auto", about: "Plumb chooses what suits the folder and the model, and says why." },
  direct: { name: "Direct", about: "The model reads everything at once. For a few pages." },
  rlm: {
    name: "Step by step",
    about: "The model searches, reads piece by piece and asks further. For large folders and strong models.",
  },
  guided: { name: "Guided", about: "Step by step with more help on the way. For small models." },
};

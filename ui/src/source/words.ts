import type { QuoteCheck } from "../bindings/QuoteCheck";

/** What was checked about a place, and what that says. */
export const checkWords: Record<QuoteCheck, { title: string; about: string }> = {
  quote_found: {
    title: "Quote found",
    about: "These words stand at this place. Whether they support the sentence is for you to judge.",
  },
  place_found: { title: "Place found", about: "This place exists. The answer quotes nothing here that could be compared." },
  not_found: {
    title: "Not found",
    about: "There is no such place, or the quoted words do not stand there. Look again before you rely on it.",
  },
};

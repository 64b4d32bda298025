import type { QuoteCheck } from "../bindings/QuoteCheck";

/** The results of checking a cited place, and their meaning. */
export const checkWords: Record<QuoteCheck, { title: string; about: string }> = {
  quote_found: {
    title: "Quote found",
    about: "These words are at this place. You decide whether they support the answer.",
  },
  place_found: { title: "Place found", about: "This place exists. The answer quotes no words that Plumb could compare." },
  not_found: {
    title: "Not found",
    about: "This place does not exist, or the quoted words are not there. Check it before you rely on it.",
  },
};

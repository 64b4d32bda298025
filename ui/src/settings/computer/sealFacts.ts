// The doctor's findings about the seal, sorted for display. All of them were measured.
import type { Check } from "../../bindings/Check";

export interface SealFacts {
  /** The active layers. */
  layers: string[];
  /** Why an extra layer is not available on this computer. */
  missing: string[];
  /** Attempts made behind all layers, and the kernel's answers. */
  attempts: { what: string; answer: string; refused: boolean }[];
  /** Attempts that one layer refused before the next one was added. */
  alone: { layer: string; refused: string }[];
  /** All other findings, and a seal that does not hold. */
  others: Check[];
}

export function sealFacts(checks: readonly Check[]): SealFacts {
  const facts: SealFacts = { layers: [], missing: [], attempts: [], alone: [], others: [] };
  for (const check of checks) {
    const { id, ok, found, name } = check;
    if (id === "seal" && ok) facts.layers = outsideBrackets(found);
    else if (id === "seal_layer") facts.missing.push(found.replace(/^not available here: /, ""));
    else if (id === "seal_attempt") {
      const [what, answer] = cut(found.replace(/^it tried to /, ""), name);
      facts.attempts.push({ what, answer, refused: ok });
    } else if (id === "seal_alone") {
      const [layer, refused] = cut(found, name);
      facts.alone.push({ layer, refused });
    } else facts.others.push(check);
  }
  return facts;
}

/** Splits at the first colon. Without one, returns `name` and the whole text. */
function cut(found: string, name: string): [string, string] {
  const at = found.indexOf(": ");
  return at < 0 ? [name, found] : [found.slice(0, at), found.slice(at + 2)];
}

/** Splits a list at its commas, except inside brackets: a layer may name its parts there. */
const outsideBrackets = (list: string) => list.split(/, (?![^(]*\))/).filter((layer) => layer !== "");

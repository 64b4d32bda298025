// What the examination found about the seal, sorted for the eye. Every word of it was measured.
import type { Check } from "../../bindings/Check";

export interface SealFacts {
  /** The layers that hold. */
  layers: string[];
  /** Why this computer does not have an extra layer. */
  missing: string[];
  /** What was tried behind all layers, and the kernel's answer. */
  attempts: { what: string; answer: string; refused: boolean }[];
  /** What a layer refused before the next one was put on. */
  alone: { layer: string; refused: string }[];
  /** Everything that is not about a seal that holds. */
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

/** Before and after the first colon; without one, `name` and all of it. */
function cut(found: string, name: string): [string, string] {
  const at = found.indexOf(": ");
  return at < 0 ? [name, found] : [found.slice(0, at), found.slice(at + 2)];
}

/** A list in words; a layer may name its parts in brackets. */
const outsideBrackets = (list: string) => list.split(/, (?![^(]*\))/).filter((layer) => layer !== "");

// The model that reads the pieces: the same model, another one of its server, one on this computer, or one elsewhere.
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Settings } from "../../bindings/Settings";
import { draftOf, named, type Draft } from "./draft";

export type Way = "same" | "other" | "here" | "own";

export interface Pieces {
  way: Way;
  /** The model's form. `other` uses only its name and price, with the main model's server and key. */
  draft: Draft;
  /** Id of a model on this computer, for `here`. */
  here: string;
}

/** The choice saved in the settings. */
export function piecesOf({ model, sub_model: sub }: Settings, provider: string): Pieces {
  const remote = sub?.provider === "local" ? undefined : sub;
  const draft = draftOf(remote, provider);
  if (!model || model.provider === "local" || !sub) return { way: "same", draft: draftOf(undefined, provider), here: "" };
  if (!remote) return { way: "here", draft, here: sub.name };
  const oneServer = remote.provider === model.provider && remote.base_url === model.base_url;
  if (!oneServer) return { way: "own", draft, here: "" };
  return { way: remote.name === model.name ? "same" : "other", draft, here: "" };
}

/** The choice after the main model has changed. Another model of the old server is dropped; all others stay. */
export function afterChange(pieces: Pieces, before: Draft, now: Draft): Pieces {
  const same = (["provider", "address", "name"] as const).every((part) => before[part].trim() === now[part].trim());
  return same || pieces.way !== "other" ? pieces : { ...pieces, way: "same", draft: draftOf(undefined, now.provider) };
}

/** Chooses another model of the main model's server. */
export const another = (pieces: Pieces, root: Draft, name: string): Pieces => ({
  ...pieces,
  way: "other",
  draft: named(draftOf(undefined, root.provider), name),
});

/** The form of another model of the main model's server: it shares the address, and nothing else. */
export const atServerOf = (pieces: Pieces, root: Draft): Draft => ({
  ...pieces.draft,
  provider: root.provider,
  address: root.address,
});

export const localChoice = (name: string): ModelChoice => ({ provider: "local", name, key: { kind: "none" } });

// Who reads the pieces: the same model, another one of the same server, or one of its own.
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Settings } from "../../bindings/Settings";
import { draftOf, named, type Draft } from "./draft";

export type Way = "same" | "other" | "here" | "own";

export interface Pieces {
  way: Way;
  /** Another model: for `other` only its name and price count; the server and the key are the first model's. */
  draft: Draft;
  /** The model on this computer. */
  here: string;
}

/** As it stands in the settings. */
export function piecesOf({ model, sub_model: sub }: Settings, provider: string): Pieces {
  const remote = sub?.provider === "local" ? undefined : sub;
  const draft = draftOf(remote, provider);
  if (!model || model.provider === "local" || !sub) return { way: "same", draft: draftOf(undefined, provider), here: "" };
  if (!remote) return { way: "here", draft, here: sub.name };
  const oneServer = remote.provider === model.provider && remote.base_url === model.base_url;
  if (!oneServer) return { way: "own", draft, here: "" };
  return { way: remote.name === model.name ? "same" : "other", draft, here: "" };
}

/** The first model changed: another model of its server goes with it, one of its own stays. */
export function afterChange(pieces: Pieces, before: Draft, now: Draft): Pieces {
  const same = (["provider", "address", "name"] as const).every((part) => before[part].trim() === now[part].trim());
  return same || pieces.way !== "other" ? pieces : { ...pieces, way: "same", draft: draftOf(undefined, now.provider) };
}

/** Another model of the server of `root`, by its name. */
export const another = (pieces: Pieces, root: Draft, name: string): Pieces => ({
  ...pieces,
  way: "other",
  draft: named(draftOf(undefined, root.provider), name),
});

/** As a draft of its own: another model of the same server has its address, and nothing else of it. */
export const atServerOf = (pieces: Pieces, root: Draft): Draft => ({
  ...pieces.draft,
  provider: root.provider,
  address: root.address,
});

export const localChoice = (name: string): ModelChoice => ({ provider: "local", name, key: { kind: "none" } });

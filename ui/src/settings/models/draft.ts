// What is typed for one model at one server, and what of it outlives a change: nothing that was meant for another server or model does.
import type { KeySource } from "../../bindings/KeySource";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Price } from "../../bindings/Price";
import type { Provider } from "../../bindings/Provider";
import { typedAmount } from "../../text/amount";

export interface Draft {
  provider: string;
  /** Empty: the provider's own. */
  address: string;
  name: string;
  /** As it was typed; it is kept for this server only. */
  key: string;
  /** The environment variable that was chosen as the key. */
  variable?: string;
  /** What reading and writing cost, as it was typed. */
  reading: string;
  writing: string;
}

const blank = { address: "", name: "", key: "", reading: "", writing: "" };

/** The form as it stands for what is in use, or for the first provider. */
export function draftOf(choice: ModelChoice | undefined, provider: string): Draft {
  if (!choice) return { ...blank, provider };
  const { input, output } = choice.price ?? {};
  const words = (amount: number | undefined) => (amount === undefined ? "" : String(amount));
  return {
    ...blank,
    provider: choice.provider,
    address: choice.base_url ?? "",
    name: choice.name,
    reading: words(input),
    writing: words(output),
  };
}

/** Another provider: whatever was typed was meant for the one before. */
export const atProvider = (provider: string, name = ""): Draft => ({ ...blank, provider, name });

/** Another address: a key goes to no other host, and a price is another one there. */
export function atAddress(draft: Draft, address: string): Draft {
  if (address.trim() === draft.address.trim()) return { ...draft, address };
  return { ...atProvider(draft.provider, draft.name), address };
}

/** Another model of the same server: the price was the other's. */
export const named = (draft: Draft, name: string): Draft =>
  name.trim() === draft.name.trim() ? { ...draft, name } : { ...draft, name, reading: "", writing: "" };

/** A key that was typed goes before one from the environment. */
export function withKey(draft: Draft, key: string): Draft {
  const typed = { ...draft, key };
  delete typed.variable;
  return typed;
}

/** Where its server is; empty: nobody has said. */
export const serverOf = (draft: Draft, provider: Provider | undefined) => draft.address.trim() || (provider?.base_url ?? "");

/** The address can be one. */
export const isAddress = (server: string) => /^https?:\/\/[^/]/.test(server);

/** The key that comes from the environment or a command; what is in use keeps its own as long as it is the same server. */
export function givenKey(draft: Draft, inUse: ModelChoice | undefined): KeySource | undefined {
  if (draft.variable !== undefined) return { kind: "env", variable: draft.variable };
  const same = inUse?.provider === draft.provider && (inUse.base_url ?? "") === draft.address.trim();
  return same && (inUse.key.kind === "env" || inUse.key.kind === "command") ? inUse.key : undefined;
}

/** A price in two fields: as a whole, or what is wrong with which. `known`: what Plumb knows, for the one that is not typed. */
export function typedPrice(
  { reading, writing }: Pick<Draft, "reading" | "writing">,
  known: Price | undefined,
): { price?: Price; wrong?: { reading?: string; writing?: string } } {
  const [input, output] = [typedAmount(reading), typedAmount(writing)];
  const none = "Not an amount: type it like 2.50.";
  if (input === null || output === null) {
    return { wrong: { ...(input === null && { reading: none }), ...(output === null && { writing: none }) } };
  }
  if (input === undefined && output === undefined) return {};
  const missing = "Needed too: reading and writing are paid apart.";
  const whole = { input: input ?? known?.input, output: output ?? known?.output };
  if (whole.input === undefined) return { wrong: { reading: missing } };
  if (whole.output === undefined) return { wrong: { writing: missing } };
  return { price: { input: whole.input, output: whole.output } };
}

/** The choice that is saved. `key`: where it is for this very server. */
export function choiceOf(draft: Draft, key: KeySource, known: Price | undefined): ModelChoice {
  const address = draft.address.trim();
  const { price } = typedPrice(draft, known);
  return {
    provider: draft.provider,
    name: draft.name.trim(),
    key,
    ...(address && { base_url: address }),
    ...(price && { price }),
  };
}

/** What is still needed before it can be used. */
export function problem(
  draft: Draft,
  provider: Provider | undefined,
  hasKey: boolean,
  known: Price | undefined,
): string | undefined {
  const server = serverOf(draft, provider);
  if (!draft.name.trim()) return "Name a model first";
  if (!server) return "Give the server's address first";
  if (!isAddress(server)) return "The address begins with http:// or https://";
  if (provider?.key_required && !draft.key.trim() && !hasKey) return "A key is needed";
  if (typedPrice(draft, known).wrong) return "Look at the price";
  return undefined;
}

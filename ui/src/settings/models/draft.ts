// The form for one model at one server. A key or price typed for one server or model is never carried over to another.
import type { KeySource } from "../../bindings/KeySource";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Price } from "../../bindings/Price";
import type { Provider } from "../../bindings/Provider";
import { typedAmount } from "../../text/amount";

export interface Draft {
  provider: string;
  /** Empty for the provider's own address. */
  address: string;
  name: string;
  /** The typed key, stored for this server only. */
  key: string;
  /** The environment variable chosen as the key. */
  variable?: string;
  /** Typed prices of reading and writing, in US dollars per million tokens. */
  reading: string;
  writing: string;
}

const blank = { address: "", name: "", key: "", reading: "", writing: "" };

/** The form for the model in use, or an empty form for `provider`. */
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

/** Changes the provider, and drops everything typed for the old one. */
export const atProvider = (provider: string, name = ""): Draft => ({ ...blank, provider, name });

/** Changes the address, and drops the key and the price: both belong to the old host. */
export function atAddress(draft: Draft, address: string): Draft {
  if (address.trim() === draft.address.trim()) return { ...draft, address };
  return { ...atProvider(draft.provider, draft.name), address };
}

/** Changes the model, and drops the price of the old one. */
export const named = (draft: Draft, name: string): Draft =>
  name.trim() === draft.name.trim() ? { ...draft, name } : { ...draft, name, reading: "", writing: "" };

/** Sets a typed key, which takes precedence over one from the environment. */
export function withKey(draft: Draft, key: string): Draft {
  const typed = { ...draft, key };
  delete typed.variable;
  return typed;
}

/** The server's address; empty if neither you nor the provider names one. */
export const serverOf = (draft: Draft, provider: Provider | undefined) => draft.address.trim() || (provider?.base_url ?? "");

/** Whether an address begins with http:// or https:// and names a host. */
export const isAddress = (server: string) => /^https?:\/\/[^/]/.test(server);

/** The key from the environment or a command. The model in use keeps its own while the server stays the same. */
export function givenKey(draft: Draft, inUse: ModelChoice | undefined): KeySource | undefined {
  if (draft.variable !== undefined) return { kind: "env", variable: draft.variable };
  const same = inUse?.provider === draft.provider && (inUse.base_url ?? "") === draft.address.trim();
  return same && (inUse.key.kind === "env" || inUse.key.kind === "command") ? inUse.key : undefined;
}

/** Reads a price from two fields, or says which field is wrong. `known` fills in the field left empty. */
export function typedPrice(
  { reading, writing }: Pick<Draft, "reading" | "writing">,
  known: Price | undefined,
): { price?: Price; wrong?: { reading?: string; writing?: string } } {
  const [input, output] = [typedAmount(reading), typedAmount(writing)];
  const none = "This is not an amount. Type it like 2.50.";
  if (input === null || output === null) {
    return { wrong: { ...(input === null && { reading: none }), ...(output === null && { writing: none }) } };
  }
  if (input === undefined && output === undefined) return {};
  const missing = "Enter this price too: reading and writing have separate prices.";
  const whole = { input: input ?? known?.input, output: output ?? known?.output };
  if (whole.input === undefined) return { wrong: { reading: missing } };
  if (whole.output === undefined) return { wrong: { writing: missing } };
  return { price: { input: whole.input, output: whole.output } };
}

/** The choice to save. `key` says where the key for this server is. */
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

export const KEY_NEEDED = "Enter a key first";

/** What you still have to enter before the model can be used. */
export function problem(
  draft: Draft,
  provider: Provider | undefined,
  hasKey: boolean,
  known: Price | undefined,
): string | undefined {
  const server = serverOf(draft, provider);
  if (!draft.name.trim()) return "Enter a model first";
  if (!server) return "Enter the server's address first";
  if (!isAddress(server)) return "Start the address with http:// or https://";
  if (provider?.key_required && !draft.key.trim() && !hasKey) return KEY_NEEDED;
  if (typedPrice(draft, known).wrong) return "Check the price";
  return undefined;
}

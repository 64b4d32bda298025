import type { BuiltInModel } from "../../bindings/BuiltInModel";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Provider } from "../../bindings/Provider";
import type { Settings } from "../../bindings/Settings";

/** Strengths and weaknesses of the built-in models. */
export const aboutModels: Readonly<Record<string, string>> = {
  "qwen2.5-coder-1.5b": "Finds, counts and looks up things in documents, logs and code. Start with this one.",
  "qwen2.5-coder-0.5b": "Smaller and faster, but wrong more often. For slow computers.",
};

/** The provider's usual name, or the server's host. */
export function providerName(model: ModelChoice, providers: Provider[] | undefined): string {
  if (model.provider === "local") return "On this computer";
  const known = providers?.find((p) => p.id === model.provider);
  if (known && known.id !== "server") return known.name;
  try {
    return new URL(model.base_url ?? "").host;
  } catch {
    return "Your own server";
  }
}

/** The chosen model in two lines. */
export function modelWords(
  settings: Settings,
  providers: Provider[] | undefined,
  builtIn: BuiltInModel[] | undefined,
): { name: string; about: string } {
  const { model, sub_model: sub } = settings;
  if (!model) return { name: "No model chosen", about: "Choose one in Settings" };
  const nameOf = (of: ModelChoice) => (of.provider === "local" && builtIn?.find((m) => m.id === of.name)?.name) || of.name;
  const place = (of: ModelChoice) => providerName(of, providers);
  const elsewhere = sub && place(sub) !== place(model) ? ` (${place(sub)})` : "";
  const pieces = sub && (sub.name !== model.name || elsewhere) ? ` · pieces read by ${nameOf(sub)}${elsewhere}` : "";
  return { name: nameOf(model), about: place(model) + pieces };
}

import type { BuiltInModel } from "../../bindings/BuiltInModel";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Provider } from "../../bindings/Provider";
import type { Settings } from "../../bindings/Settings";

/** What a built-in model is good for. */
export const aboutModels: Readonly<Record<string, string>> = {
  "qwen2.5-coder-1.5b": "Finds, counts and looks up things in documents, logs and code. The one to begin with.",
  "qwen2.5-coder-0.5b": "Smaller and quicker, and more often wrong. For slow computers.",
};

/** The provider as people call it. */
export function providerName(model: ModelChoice, providers: Provider[] | undefined): string {
  if (model.provider === "local") return "On this computer";
  const known = providers?.find((p) => p.id === model.provider);
  if (known && known.id !== "server") return known.name;
  try {
    return new URL(model.base_url ?? "").host;
  } catch {
    return "A server of yours";
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

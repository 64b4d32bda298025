import { createContext, useContext } from "react";
import { actions, keyLabel, keysOf, type Action, type ActionName, type Situation } from "./actions";

export const SituationContext = createContext<Situation | null>(null);

export interface BoundAction {
  name: string;
  /** As shown in a tip: "Ctrl K". */
  keys: string | undefined;
  /** Name and keys, for a tip: "New question · Ctrl N". */
  tip: string;
  run(): void;
}

/** An action, ready to be put on a button. */
export function useAction(name: ActionName): BoundAction {
  const situation = useContext(SituationContext);
  if (!situation) throw new Error("SituationContext is missing");
  const action: Action = actions[name];
  const keys = keysOf(action, situation);
  const label = keys && keyLabel(keys);
  return { name: action.name, keys: label, tip: withKeys(action.name, label), run: () => action.run(situation) };
}

/** "Stop" and "Esc" -> "Stop · Esc" */
export const withKeys = (name: string, keys: string | undefined): string => (keys ? `${name} · ${keys}` : name);

import { useEffect } from "react";
import { actionFor, type Situation } from "./actions";

/** Runs the window's actions by their keys. */
export function useShortcuts(situation: Situation): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // An open dialog, menu or list handles its own keys. A closed list stays in the page and handles none.
      if (
        event.defaultPrevented ||
        event.altKey ||
        event.shiftKey ||
        document.querySelector("[role=dialog], [role=alertdialog], [role=menu], [role=listbox]:not([data-closed])")
      )
        return;
      const keys = `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.key.toLowerCase()}`;
      const action = actionFor(keys, situation);
      if (!action) return;
      event.preventDefault();
      action.run(situation);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [situation]);
}

import { useEffect } from "react";

/** Keys that work anywhere in the window, by name: `ctrl+k`, `escape`. On a Mac, Command stands for Ctrl. */
export function useShortcuts(shortcuts: Record<string, () => void>): void {
  useEffect(() => {
    const on = (event: KeyboardEvent) => {
      // A dialog or menu has the keys to itself; what it used is not ours. A list that was closed stays in the page, and has none.
      if (
        event.defaultPrevented ||
        event.altKey ||
        event.shiftKey ||
        document.querySelector("[role=dialog], [role=alertdialog], [role=menu], [role=listbox]:not([data-closed])")
      )
        return;
      const action = shortcuts[`${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.key.toLowerCase()}`];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", on);
    return () => window.removeEventListener("keydown", on);
  }, [shortcuts]);
}

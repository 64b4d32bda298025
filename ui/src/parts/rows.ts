import type { KeyboardEvent } from "react";

/** Moves the focus between rows marked with `data-row`: arrow keys by one row, Home and End to the ends. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const now = rows.findIndex((row) => row.contains(document.activeElement) || row === document.activeElement);
  // Inside text and code, the arrow keys keep their own meaning.
  if (now < 0 && document.activeElement !== event.currentTarget) return;
  event.preventDefault();
  rows[Math.min(rows.length - 1, Math.max(0, now + step))]?.focus();
}

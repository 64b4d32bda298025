import type { KeyboardEvent } from "react";

/** The arrow keys move between the rows of a list; Home and End go to its ends. Rows are marked with `data-row`. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const now = rows.findIndex((row) => row.contains(document.activeElement) || row === document.activeElement);
  // Text and code inside a list have the arrow keys to themselves.
  if (now < 0 && document.activeElement !== event.currentTarget) return;
  event.preventDefault();
  rows[Math.min(rows.length - 1, Math.max(0, now + step))]?.focus();
}

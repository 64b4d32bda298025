// Positions of text lines in their document: pages, slides, sheets with rows, chapters, cells.
import type { PlaceMark } from "../bindings/PlaceMark";

/** Index of the last mark at or before a line; -1 before the first. */
function markAt(places: readonly PlaceMark[], line: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle]?.line ?? Infinity) <= line) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The page of a line in a PDF, counted from 1. */
export const pageOf = (places: readonly PlaceMark[], line: number) => Math.max(0, markAt(places, line)) + 1;

/** The first line of a page, counted from 1. */
export const firstLineOf = (places: readonly PlaceMark[], page: number) => places[page - 1]?.line ?? 1;

/** The heading above a line that begins a page, slide, sheet or chapter. */
export function headingAt(places: readonly PlaceMark[], line: number): string | undefined {
  const at = markAt(places, line);
  const mark = places[at];
  // A sheet has a mark after each gap in its rows, but its name is shown once.
  return mark?.line === line && places[at - 1]?.place !== mark.place ? mark.place : undefined;
}

/** The row number of a line in a sheet. */
export function rowAt(places: readonly PlaceMark[], line: number): number | undefined {
  const mark = places[markAt(places, line)];
  return mark?.row === undefined ? undefined : mark.row + line - mark.line;
}

// The words of a page in their places: to be marked, selected and read out over its image.
import type { WordOnPage } from "../bindings/WordOnPage";

/** Words beside each other on one line. In parts of the page, like the words' own areas. */
export interface Run {
  /** The line of the document's text. */
  line: number;
  left: number;
  top: number;
  width: number;
  height: number;
  words: {
    text: string;
    /** From here to the next word, in parts of the page's width. */
    width: number;
  }[];
}

/** A gap wider than so many times the height of the words begins a new run: the next column. */
const GAP = 4;

/** `ratio`: height of the page by its width, so that heights and widths can be compared. */
export function runsOf(words: readonly WordOnPage[], ratio: number): Run[] {
  const runs: Run[] = [];
  for (const { line, text, area } of words) {
    const [left, top, width, height] = area;
    const run = runs.at(-1);
    const last = run?.words.at(-1);
    if (run && last && run.line === line && isBeside(run, area, ratio)) {
      last.width += left - (run.left + run.width);
      run.words.push({ text, width });
      const bottom = Math.max(run.top + run.height, top + height);
      run.top = Math.min(run.top, top);
      run.height = bottom - run.top;
      run.width = left + width - run.left;
    } else runs.push({ line, left, top, width, height, words: [{ text, width }] });
  }
  return runs;
}

function isBeside(run: Run, [left, top, , height]: WordOnPage["area"], ratio: number): boolean {
  const end = run.left + run.width;
  const overlap = Math.min(run.top + run.height, top + height) - Math.max(run.top, top);
  const tall = Math.max(run.height, height);
  return left >= end - 0.002 && left - end < GAP * tall * ratio && overlap > 0.4 * Math.min(run.height, height);
}

/** The width of a page on the screen at its true size: a screen has 96 pixels to an inch. Before it is known, that of A4. */
export const trueWidth = (points: number | undefined) => ((points ?? 595) * 96) / 72;

/** Widths are asked for in steps, so that not every pixel of another width draws the page again. */
const STEP = 160;
const WIDEST = 4_000;

export const imageWidth = (width: number, scale: number) =>
  Math.min(WIDEST, Math.max(STEP, Math.ceil((width * scale) / STEP) * STEP));

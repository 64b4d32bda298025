// The words of a page and their positions, for marking, selecting and reading them aloud over the image.
import type { WordOnPage } from "../bindings/WordOnPage";

/** Words beside each other on one line. Positions and sizes are fractions of the page. */
export interface Run {
  /** The line of the document's text. */
  line: number;
  left: number;
  top: number;
  width: number;
  height: number;
  words: {
    text: string;
    /** Distance to the next word, as a fraction of the page's width. */
    width: number;
  }[];
}

/** A gap wider than this many word heights starts a new run, for the next column. */
const MAX_GAP_HEIGHTS = 4;

/** Groups the words of a page into runs. `ratio` is the page's height divided by its width. */
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
  return left >= end - 0.002 && left - end < MAX_GAP_HEIGHTS * tall * ratio && overlap > 0.4 * Math.min(run.height, height);
}

/** The width of a page at its true size, in pixels (96 to an inch). The width of A4 until the page's own is known. */
export const trueWidth = (points: number | undefined) => ((points ?? 595) * 96) / 72;

/** Image widths are multiples of this, so that resizing the window does not redraw the page for every pixel. */
const WIDTH_STEP_PX = 160;
const MAX_WIDTH_PX = 4_000;

/** The image width to request for a page of `width` CSS pixels at this device pixel ratio. */
export const imageWidth = (width: number, scale: number) =>
  Math.min(MAX_WIDTH_PX, Math.max(WIDTH_STEP_PX, Math.ceil((width * scale) / WIDTH_STEP_PX) * WIDTH_STEP_PX));

import { heightOf, lineAt, MAX_HEIGHT_PX, topOf, type Scale } from "./scaling";

/** Height of a line that is not wrapped. */
export const ROW_HEIGHT_PX = 20;
/** Lines drawn above and below those in view. */
const OVERSCAN_LINES = 30;
/** A text of up to this many lines is drawn whole. */
const MAX_LINES_WHOLE = 400;
/** Pause in scrolling after which the scroll bar is corrected. */
const SCROLL_PAUSE_MS = 160;
/** How many times the usual line height is estimated again. */
const MAX_ESTIMATES = 3;

/** The lines drawn, counted from 0. */
export interface Drawn {
  first: number;
  count: number;
  /** All lines are drawn. */
  whole: boolean;
}

/** The lines to draw, beginning with `start` if possible. */
export function drawnFrom(start: number, { total, view }: Scale): Drawn {
  if (total <= MAX_LINES_WHOLE) return { first: 0, count: total, whole: true };
  const count = Math.min(total, Math.ceil(view / ROW_HEIGHT_PX) + 2 * OVERSCAN_LINES);
  return { first: Math.max(0, Math.min(start, total - count)), count, whole: false };
}

interface Wishes {
  drawFrom(start: number): void;
  drawAgain(): void;
  setRow(row: number): void;
  setView(view: number): void;
}

/**
 * A scrolling window on a text of any length, with lines of any height. One line, the anchor, stays in place while lines above it are
 * added, arrive or wrap. So nothing jumps, and nothing is measured in advance. Small moves are the browser's own scrolling; a jump on
 * the scroll bar goes to the line that its position stands for.
 */
export class AnchoredLines {
  private box: HTMLElement | null = null;
  private block: HTMLElement | null = null;
  private drawn: Drawn = { first: 0, count: 0, whole: true };
  private scale: Scale = { total: 0, row: ROW_HEIGHT_PX, view: 600 };
  /** The anchor, and the position of its top in the whole text, in pixels. */
  private line = 0;
  private y = 0;
  /** Position of the first drawn line, in pixels. */
  private top = 0;
  /** Scroll position set by this class, so that its own scroll events are ignored. */
  private put = -1;
  private sought: { line: number; below: number } | null = null;
  /** You scrolled to the very end: it stays in view while its lines arrive. */
  private toEnd = false;
  /** A jump led to an end of the text: the position of its line is known once it is drawn. */
  private atEnd = false;
  private estimates = 0;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly wishes: Wishes;

  constructor(wishes: Wishes) {
    this.wishes = wishes;
  }

  /** Starts watching. `box` scrolls; `block` holds the drawn lines. Returns the function that stops watching. */
  attach(box: HTMLElement, block: HTMLElement): () => void {
    this.box = box;
    this.block = block;
    const watcher = new ResizeObserver(() => {
      this.wishes.setView(box.clientHeight);
      // A new width wraps the lines differently.
      this.wishes.drawAgain();
    });
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      clearTimeout(this.rest);
      this.box = this.block = null;
    };
  }

  /** Scrolls to a line and puts it `below` pixels below the upper edge. */
  seek(line: number, below: number): void {
    this.sought = { line, below };
    this.wishes.drawAgain();
  }

  /** Call after each drawing, before it is painted. */
  afterDrawing(drawn: Drawn, scale: Scale): void {
    this.drawn = drawn;
    this.scale = scale;
    const { first, count, whole } = drawn;
    const { total, row } = scale;
    if (this.sought) {
      const line = Math.max(0, Math.min(this.sought.line, total - 1));
      if (line < first || line >= first + count) return this.wishes.drawFrom(Math.max(0, line - OVERSCAN_LINES));
      const { below } = this.sought;
      const top = topOf(line - below / row, scale);
      this.sought = null;
      this.toEnd = false;
      this.line = line;
      this.y = whole ? this.offsetOf(line) : top + Math.min(below, line * row);
      this.scrollTo(whole ? this.y - below : top);
    }
    this.place();
    if (this.toEnd && this.box && first + count >= total) this.scrollTo(this.box.scrollHeight);
    // In a text made of paragraphs, most lines wrap and are taller.
    const usual = (this.block?.offsetHeight ?? 0) / count;
    if (whole || total * row >= MAX_HEIGHT_PX || usual <= row * 1.5 || this.estimates >= MAX_ESTIMATES || !this.box) return;
    this.estimates += 1;
    this.sought = { line: this.line, below: this.y - this.box.scrollTop };
    this.wishes.setRow(usual);
  }

  scrolled(): void {
    if (!this.box || !this.block || Math.abs(this.box.scrollTop - this.put) < 1) return;
    this.put = -1;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.settle(this.scale.view), SCROLL_PAUSE_MS);
    const { first, count } = this.drawn;
    const { row, view } = this.scale;
    const at = this.box.scrollTop;
    const from = at - this.top;
    this.toEnd = at + this.box.clientHeight >= this.box.scrollHeight - 1;
    if (from < -view || from > this.block.offsetHeight) {
      const line = lineAt(at, this.scale);
      this.line = Math.floor(line);
      this.y = at - (line % 1) * row;
      const start = Math.max(0, this.line - OVERSCAN_LINES);
      // Near an end of the text, that end becomes the anchor, so that the scroll bar stays where you put it.
      this.atEnd = start === 0 || start + count >= this.scale.total;
      if (this.atEnd) this.line = start === 0 ? 0 : this.scale.total - 1;
      return this.wishes.drawFrom(start);
    }
    const index = firstBelow(this.block.children, from);
    this.line = first + index;
    this.y = this.top + this.offsetOf(this.line);
    // Draws again only when the view comes near the end of the drawn lines.
    const beyond = count - index - Math.ceil(view / ROW_HEIGHT_PX);
    if (index < OVERSCAN_LINES / 2 || beyond < OVERSCAN_LINES / 2) this.wishes.drawFrom(Math.max(0, this.line - OVERSCAN_LINES));
    // The scroll bar must not reach its end before the text does.
    if (at < view || at > heightOf(this.scale) - 2 * view) this.settle(ROW_HEIGHT_PX);
  }

  /** Corrects the scroll bar after small moves, without moving the text. Ignores a drift below `least` pixels. */
  private settle(least: number): void {
    const { first, count, whole } = this.drawn;
    if (!this.box || whole || first === 0 || first + count >= this.scale.total) return;
    const at = this.box.scrollTop;
    const drift = topOf(this.line + (at - this.y) / this.scale.row, this.scale) - at;
    if (Math.abs(drift) < least) return;
    this.toEnd = false;
    this.y += drift;
    this.scrollTo(at + drift);
    this.place();
  }

  /** Positions the drawn lines so that the anchor stays in place, and the ends of the text meet the ends of the scroll range. */
  private place(): void {
    if (!this.box || !this.block) return;
    const { first, count, whole } = this.drawn;
    if (this.line < first || this.line >= first + count) {
      this.line = first;
      if (whole) this.y = 0;
    }
    const offset = this.offsetOf(this.line);
    const ends = first + count >= this.scale.total;
    const top = whole || first === 0 ? 0 : ends ? heightOf(this.scale) - this.block.offsetHeight : this.y - offset;
    const shift = this.atEnd ? 0 : top + offset - this.y;
    if (this.atEnd) this.y = top + offset;
    this.atEnd = false;
    this.y += shift;
    this.top = top;
    this.block.style.transform = top === 0 ? "" : `translateY(${top}px)`;
    if (Math.abs(shift) >= 1) this.scrollTo(this.box.scrollTop + shift);
  }

  private offsetOf(line: number): number {
    return (this.block?.children[line - this.drawn.first] as HTMLElement | undefined)?.offsetTop ?? 0;
  }

  private scrollTo(top: number): void {
    if (!this.box) return;
    this.box.scrollTop = top;
    this.put = this.box.scrollTop;
  }
}

/** Index of the first line whose lower edge is below `y`. */
function firstBelow(lines: HTMLCollection, y: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const line = lines[middle] as HTMLElement;
    if (line.offsetTop + line.offsetHeight <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

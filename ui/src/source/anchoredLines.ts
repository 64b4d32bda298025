import { heightOf, lineAt, TALLEST, topOf, type Scale } from "./scaling";

/** Pixels of a line that is not wrapped. */
export const ROW = 20;
/** Lines drawn beyond what is in sight, on each side. */
const BEYOND = 30;
/** A text of so many lines is drawn as a whole. */
const FEW = 400;
/** Without a move for so long, the scroll bar is put right. */
const REST_MS = 160;
/** How often the usual height of a line is judged anew. */
const JUDGED = 3;

/** Which lines are drawn, from 0. */
export interface Drawn {
  first: number;
  count: number;
  /** All of them. */
  whole: boolean;
}

/** What to draw when drawing is to begin with `start`. */
export function drawnFrom(start: number, { total, view }: Scale): Drawn {
  if (total <= FEW) return { first: 0, count: total, whole: true };
  const count = Math.min(total, Math.ceil(view / ROW) + 2 * BEYOND);
  return { first: Math.max(0, Math.min(start, total - count)), count, whole: false };
}

interface Wishes {
  drawFrom(start: number): void;
  drawAgain(): void;
  setRow(row: number): void;
  setView(view: number): void;
}

/**
 * A window on a text of any length. Lines lie below each other as they come, however tall each is. One of them, the anchor, is held where
 * it is while others above it are added, arrive or wrap anew: so nothing jumps, and nothing has to be measured beforehand. Small moves are
 * the browser's own scrolling; a leap on the scroll bar leads to the line that its place stands for.
 */
export class AnchoredLines {
  private box: HTMLElement | null = null;
  private block: HTMLElement | null = null;
  private drawn: Drawn = { first: 0, count: 0, whole: true };
  private scale: Scale = { total: 0, row: ROW, view: 600 };
  /** A line, and where in the whole its top lies. */
  private line = 0;
  private y = 0;
  /** Where the drawn lines begin. */
  private top = 0;
  /** Where the scroll bar was put by us. */
  private put = -1;
  private sought: { line: number; below: number } | null = null;
  /** The very end was sought: it stays in sight while its lines arrive. */
  private toEnd = false;
  /** A leap led to an end: where its line lies is known when it is drawn. */
  private atEnd = false;
  private judged = 0;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly wishes: Wishes;

  constructor(wishes: Wishes) {
    this.wishes = wishes;
  }

  /** `box` scrolls; `block` holds the drawn lines. Returns what ends it. */
  attach(box: HTMLElement, block: HTMLElement): () => void {
    this.box = box;
    this.block = block;
    const watcher = new ResizeObserver(() => {
      this.wishes.setView(box.clientHeight);
      // Another width wraps lines anew.
      this.wishes.drawAgain();
    });
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      clearTimeout(this.rest);
      this.box = this.block = null;
    };
  }

  /** Leads to a line; it then stands so many pixels below the upper edge, until somebody scrolls. */
  seek(line: number, below: number): void {
    this.sought = { line, below };
    this.wishes.drawAgain();
  }

  /** After each drawing, before it is seen. */
  afterDrawing(drawn: Drawn, scale: Scale): void {
    this.drawn = drawn;
    this.scale = scale;
    const { first, count, whole } = drawn;
    const { total, row } = scale;
    if (this.sought) {
      const line = Math.max(0, Math.min(this.sought.line, total - 1));
      if (line < first || line >= first + count) return this.wishes.drawFrom(Math.max(0, line - BEYOND));
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
    // Of a text of paragraphs, lines are taller than usual.
    const usual = (this.block?.offsetHeight ?? 0) / count;
    if (whole || total * row >= TALLEST || usual <= row * 1.5 || this.judged >= JUDGED || !this.box) return;
    this.judged += 1;
    this.sought = { line: this.line, below: this.y - this.box.scrollTop };
    this.wishes.setRow(usual);
  }

  scrolled(): void {
    if (!this.box || !this.block || Math.abs(this.box.scrollTop - this.put) < 1) return;
    this.put = -1;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.settle(this.scale.view), REST_MS);
    const { first, count } = this.drawn;
    const { row, view } = this.scale;
    const at = this.box.scrollTop;
    const from = at - this.top;
    this.toEnd = at + this.box.clientHeight >= this.box.scrollHeight - 1;
    if (from < -view || from > this.block.offsetHeight) {
      const line = lineAt(at, this.scale);
      this.line = Math.floor(line);
      this.y = at - (line % 1) * row;
      const start = Math.max(0, this.line - BEYOND);
      // At an end of the text it is the end that is held: the bar is where it was put.
      this.atEnd = start === 0 || start + count >= this.scale.total;
      if (this.atEnd) this.line = start === 0 ? 0 : this.scale.total - 1;
      return this.wishes.drawFrom(start);
    }
    const index = firstBelow(this.block.children, from);
    this.line = first + index;
    this.y = this.top + this.offsetOf(this.line);
    // Drawn again only when the end of what is drawn comes near.
    const beyond = count - index - Math.ceil(view / ROW);
    if (index < BEYOND / 2 || beyond < BEYOND / 2) this.wishes.drawFrom(Math.max(0, this.line - BEYOND));
    // The bar must not end before the text does.
    if (at < view || at > heightOf(this.scale) - 2 * view) this.settle(ROW);
  }

  /** Small moves have led away from the place that stands for a line: the bar follows, and what is seen stays. */
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

  /** Puts the lines where their anchor belongs, and the ends of the text to the ends of the whole. */
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

/** The first of these whose end lies below a place. */
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

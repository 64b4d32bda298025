// A scroll bar for texts of any length. Browsers draw nothing taller than about 30 million pixels, so longer texts get a scroll range of
// fixed height, in which a position stands for a line, as on a map. Both ends are true to scale, so that you can scroll to the very end.

/** Maximum height of the scroll range. */
export const MAX_HEIGHT_PX = 8_000_000;
/** Number of lines at each end that are true to scale. */
const TRUE_LINES = 1_000;

export interface Scale {
  /** Number of lines in the text. */
  total: number;
  /** Usual height of a line, in pixels. */
  row: number;
  /** Height of the view, in pixels. */
  view: number;
}

/** Height of the scroll range, in pixels. */
export const heightOf = ({ total, row, view }: Scale) => Math.max(view, Math.min(total * row, MAX_HEIGHT_PX));

/** Points of the map: lines and their positions in the scroll range. */
function mapOf(scale: Scale): [line: number, top: number][] {
  const { total, row, view } = scale;
  const line = Math.max(0, total - view / row);
  const top = heightOf(scale) - view;
  const end = [TRUE_LINES, TRUE_LINES * row] as const;
  const isMapped = total * row > MAX_HEIGHT_PX && top > 4 * end[1];
  return isMapped
    ? [[0, 0], [...end], [line - end[0], top - end[1]], [line, top]]
    : [
        [0, 0],
        [line, top],
      ];
}

/** Interpolates between the points. Index 0 is a line, index 1 a position. */
function follow(scale: Scale, value: number, from: 0 | 1, to: 0 | 1): number {
  const map = mapOf(scale);
  const last = map.at(-1) ?? [0, 0];
  const at = Math.min(Math.max(value, 0), last[from]);
  const next = map.findIndex((point, i) => i > 0 && at <= point[from]);
  const [a, b] = [map[next - 1] ?? last, map[next] ?? last];
  const part = b[from] === a[from] ? 0 : (at - a[from]) / (b[from] - a[from]);
  return a[to] + part * (b[to] - a[to]);
}

/** The line at a scroll position, counted from 0, with its fraction. */
export const lineAt = (top: number, scale: Scale) => follow(scale, top, 1, 0);

/** The scroll position of a line, in pixels. */
export const topOf = (line: number, scale: Scale) => follow(scale, line, 0, 1);

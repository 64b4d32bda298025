// A scroll bar for texts of any length. Browsers draw nothing taller than some 30 million pixels: longer texts get a bar of fixed height,
// on which a place stands for a line, as on a map. At both ends the map is true to scale, so that a text can be scrolled to its ends.

export const TALLEST = 8_000_000;
/** Lines at each end that are true to scale. */
const TRUE = 1_000;

export interface Scale {
  /** Lines of the whole text. */
  total: number;
  /** Pixels of a usual line. */
  row: number;
  /** Pixels that can be seen at once. */
  view: number;
}

/** Pixels of the whole, as the scroll bar has it. */
export const heightOf = ({ total, row, view }: Scale) => Math.max(view, Math.min(total * row, TALLEST));

/** Points of the map: lines at the top, and their places on the bar. */
function mapOf(scale: Scale): [line: number, top: number][] {
  const { total, row, view } = scale;
  const line = Math.max(0, total - view / row);
  const top = heightOf(scale) - view;
  const end = [TRUE, TRUE * row] as const;
  const isMapped = total * row > TALLEST && top > 4 * end[1];
  return isMapped
    ? [[0, 0], [...end], [line - end[0], top - end[1]], [line, top]]
    : [
        [0, 0],
        [line, top],
      ];
}

/** Goes along the points from `from` to `to`: 0 are lines, 1 are places. */
function follow(scale: Scale, value: number, from: 0 | 1, to: 0 | 1): number {
  const map = mapOf(scale);
  const last = map.at(-1) ?? [0, 0];
  const at = Math.min(Math.max(value, 0), last[from]);
  const next = map.findIndex((point, i) => i > 0 && at <= point[from]);
  const [a, b] = [map[next - 1] ?? last, map[next] ?? last];
  const part = b[from] === a[from] ? 0 : (at - a[from]) / (b[from] - a[from]);
  return a[to] + part * (b[to] - a[to]);
}

/** The line, from 0 and with its fraction, that a place of the scroll bar stands for. */
export const lineAt = (top: number, scale: Scale) => follow(scale, top, 1, 0);

/** The place of the scroll bar that stands for a line. */
export const topOf = (line: number, scale: Scale) => follow(scale, line, 0, 1);

import { useCallback, useMemo, useState } from "react";
import { useClock, type OpenRun } from "../data/following/useRun";
import { cx } from "../parts/cx";
import { moveBetweenRows } from "../parts/rows";
import { flame, ticks, type Bar } from "../run/flame";
import { duration, plural } from "../text/format";
import s from "./Flame.module.css";
import { kindColor } from "./kinds";

interface Props {
  run: OpenRun;
  chosen: string | null;
  onOpen(key: string): void;
  /** Draws only the first rows, for the place below the story. */
  small?: boolean;
}

const ROW_HEIGHT_PX = 23;
const SMALL_ROWS = 4;
/** Maximum number of bars drawn. More than this cannot be told apart. */
const MAX_BARS = 3000;

/** A flame chart of the run: a bar for each step, by time. */
export function Flame({ run, chosen, onOpen, small }: Props) {
  const clock = useClock(run);
  const now = run.state === "running" ? clock : run.view.length;
  const { bars, rows, length } = useMemo(() => flame(run.view, now), [run.view, now]);
  const [field, fieldWidth] = useWidth();
  const [over, setOver] = useState<Bar | null>(null);
  const shown = bars.filter((bar) => !small || bar.row < SMALL_ROWS).slice(0, MAX_BARS);
  const drawn = small ? Math.min(rows, SMALL_ROWS) : rows;
  // The Tab key stops here once; the arrow keys move between bars.
  const stop = shown.some((bar) => bar.key === chosen) ? chosen : shown[0]?.key;
  if (bars.length === 0) return null;
  return (
    <section className={cx(s.flame, !small && s.whole, "num")} aria-label="Time spent on each step">
      <div className={s.head}>
        <span className="clip">{over ? over.label : "Time spent on each step"}</span>
        <span>{duration(over ? over.end - over.start : length)}</span>
      </div>
      <div ref={field} className={s.field} onMouseLeave={() => setOver(null)} onKeyDown={moveBetweenRows}>
        <div className={s.bars} style={{ height: drawn * ROW_HEIGHT_PX - 4 }}>
          {shown.map((bar) => {
            const width = (bar.end - bar.start) / length;
            const fits = width * fieldWidth > bar.label.length * 5.8 + 12;
            return (
              <button
                key={bar.key}
                type="button"
                data-row
                tabIndex={bar.key === stop ? 0 : -1}
                aria-label={`${bar.label}, ${duration(bar.end - bar.start)}`}
                aria-pressed={bar.key === chosen}
                className={s.bar}
                data-narrow={!fits || undefined}
                data-deep={bar.row > 1 || undefined}
                style={{
                  left: `${(bar.start / length) * 100}%`,
                  width: `calc(${width * 100}% - 1px)`,
                  top: bar.row * ROW_HEIGHT_PX,
                  ["--kind" as string]: kindColor[bar.kind],
                }}
                onMouseEnter={() => setOver(bar)}
                onFocus={() => setOver(bar)}
                onBlur={() => setOver(null)}
                onClick={() => onOpen(bar.key)}
              >
                {fits && bar.label}
              </button>
            );
          })}
        </div>
      </div>
      <div className={s.axis} aria-hidden>
        {ticks(length, 5).map((at) => {
          const part = at / length;
          return (
            <span
              key={at}
              style={{ left: `${part * 100}%`, translate: part > 0.94 ? "-100%" : part > 0.02 ? "-50%" : undefined }}
            >
              {axisWords(at, length)}
            </span>
          );
        })}
      </div>
      {small && rows > SMALL_ROWS && <span className={s.more}>{plural(rows - SMALL_ROWS, "more row")} under “Time”</span>}
    </section>
  );
}

/** The current width of an element, in pixels. Labels wider than their bar are not drawn. */
function useWidth() {
  const [width, setWidth] = useState(380);
  const ref = useCallback((element: HTMLDivElement) => {
    const watch = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [ref, width] as const;
}

function axisWords(at: number, length: number): string {
  if (length >= 120_000) return at === 0 ? "0" : `${Math.round(at / 6000) / 10} min`;
  return `${at / 1000}${at === 0 ? " s" : ""}`;
}

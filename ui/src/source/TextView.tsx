import { useEffect } from "react";
import type { KeptLines } from "../bindings/KeptLines";
import type { PlaceMark } from "../bindings/PlaceMark";
import { count, fileName } from "../text/format";
import { headingAt, rowAt } from "./places";
import { TextLine } from "./TextLine";
import s from "./TextView.module.css";
import { useAnchoredLines } from "./useAnchoredLines";
import { useLines, type TextOf } from "./useLines";

/** A line to scroll to. A new object scrolls there again, even for the same line. */
export interface Aim {
  line: number;
}

interface Props {
  of: TextOf;
  total: number;
  places: PlaceMark[];
  kept?: KeptLines | undefined;
  cited: { first: number; last: number } | undefined;
  aim: Aim;
}

/** The text of a document, of any length, with its pages, sheets or chapters. */
export function TextView({ of, total, places, kept, cited, aim }: Props) {
  const { box, block, lines, drawn, height } = useAnchoredLines(total);
  const { first, count: most } = drawn;
  const lineAt = useLines(of, first + 1, first + Math.max(1, most));
  useEffect(() => {
    const view = box.current?.clientHeight ?? 600;
    lines.seek(aim.line - 1, Math.min(view / 3, 200));
  }, [aim, lines, box]);
  const rows = places.some((place) => place.row !== undefined);
  const gutter = rows ? count(total).length + 4 : String(total).length;
  return (
    <div
      className={s.scroll}
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={`${fileName(of.path)}, ${count(total)} lines`}
      data-testid="source-text"
    >
      <div className={s.lines} style={height === undefined ? undefined : { height }}>
        <div className={s.block} ref={block} style={{ "--gutter": `${Math.max(4, gutter)}ch` } as React.CSSProperties}>
          {Array.from({ length: most }, (_, i) => {
            const number = first + i + 1;
            const line = lineAt(number);
            return (
              <TextLine
                key={number}
                number={number}
                text={line?.text}
                cut={line?.missing ?? 0}
                heading={headingAt(places, number)}
                row={rowAt(places, number)}
                cited={!!cited && number >= cited.first && number <= cited.last}
                missing={!!kept && (number === kept.first - 1 || number === kept.last + 1)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

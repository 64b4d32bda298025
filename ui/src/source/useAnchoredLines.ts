import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "react";
import { AnchoredLines, drawnFrom, ROW_HEIGHT_PX } from "./anchoredLines";
import { heightOf } from "./scaling";

/** Draws only the lines in view. `box` is the element that scrolls, `block` the one that holds the lines. */
export function useAnchoredLines(total: number) {
  const box = useRef<HTMLDivElement>(null);
  const block = useRef<HTMLDivElement>(null);
  const [start, drawFrom] = useState(0);
  const [view, setView] = useState(600);
  const [row, setRow] = useState(ROW_HEIGHT_PX);
  const [, drawAgain] = useReducer((n: number) => n + 1, 0);
  const [lines] = useState(() => new AnchoredLines({ drawFrom, drawAgain, setRow, setView }));
  const scale = { total, row, view };
  const drawn = drawnFrom(start, scale);
  useLayoutEffect(() => (box.current && block.current ? lines.attach(box.current, block.current) : undefined), [lines]);
  useLayoutEffect(() => lines.afterDrawing(drawn, scale));
  useEffect(() => {
    const element = box.current;
    const on = () => lines.scrolled();
    element?.addEventListener("scroll", on, { passive: true });
    return () => element?.removeEventListener("scroll", on);
  }, [lines]);
  return { box, block, lines, drawn, height: drawn.whole ? undefined : heightOf(scale) };
}

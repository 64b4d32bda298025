import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import type { DocumentEntry } from "../bindings/DocumentEntry";
import { DocumentRow } from "./DocumentRow";
import s from "./DocumentTree.module.css";
import type { Row } from "./grouping";
import { canOpen } from "./states";

interface Props {
  rows: readonly Row[];
  label: string;
  onOpen?: ((entry: DocumentEntry) => void) | undefined;
  /** Shows or hides the documents inside a container. */
  onToggle(path: string, open: boolean): void;
}

/** A list of documents of any length. Draws only the rows in view; the arrow keys move through all of them. */
export function DocumentTree({ rows, label, onOpen, onToggle }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  /** The row a key moved to. It gets the focus once it is drawn. */
  const sought = useRef<number | null>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- only this component draws the list
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 46,
    getItemKey: (i) => rows[i]?.entry.path ?? i,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  useLayoutEffect(() => {
    if (sought.current === null) return;
    const row = scroll.current?.querySelector<HTMLElement>(`[data-index="${sought.current}"]`);
    if (!row) return;
    row.focus({ preventScroll: true });
    sought.current = null;
  });

  const moveTo = (index: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, index));
    sought.current = to;
    setActive(to);
    virtual.scrollToIndex(to);
  };
  const open = (row: Row) => {
    if (onOpen && canOpen(row.entry)) onOpen(row.entry);
    else if (row.open !== undefined) onToggle(row.entry.path, !row.open);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((scroll.current?.clientHeight ?? 0) / 46) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step !== undefined) moveTo(active + step);
    else if (event.key === "Enter" || event.key === " ") open(row);
    else if (event.key === "ArrowRight" && row.open !== undefined) {
      if (row.open) moveTo(active + 1);
      else onToggle(row.entry.path, true);
    } else if (event.key === "ArrowLeft") {
      if (row.open) onToggle(row.entry.path, false);
      else if (row.depth > 0) moveTo(rows.findLastIndex((above, i) => i < active && above.depth < row.depth));
    } else return;
    event.preventDefault();
  };
  // The Tab key goes to the last active row, or to the first one in view.
  const first = items.find((item) => item.start + item.size > (virtual.scrollOffset ?? 0));
  const stop = items.some((item) => item.index === active) ? active : first?.index;
  return (
    <div className={s.list} ref={scroll} role="tree" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
      <div className={s.rows} style={{ height: virtual.getTotalSize() }} role="presentation">
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              aria-expanded={row.open}
              tabIndex={item.index === stop ? 0 : -1}
              data-testid="document-row"
              data-path={row.entry.path}
              data-kind={row.entry.kind}
              data-state={row.entry.state}
              className={s.slot}
              style={{ transform: `translateY(${item.start}px)` }}
              onFocus={() => setActive(item.index)}
              onClick={() => open(row)}
            >
              <DocumentRow row={row} opens={!!onOpen && canOpen(row.entry)} onToggle={onToggle} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

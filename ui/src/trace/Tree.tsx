import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight } from "lucide-react";
import { useMemo, useRef, useState, type KeyboardEvent } from "react";
import type { OpenRun } from "../data/following/useRun";
import { tree, type TreeRow } from "../run/tree";
import { kindColor } from "./kinds";
import { Spent } from "./Spent";
import s from "./Tree.module.css";

interface Props {
  run: OpenRun;
  chosen: string | null;
  onChoose(key: string): void;
  /** Shows the chosen row in the story. */
  onOpen(key: string): void;
}

const ROW_HEIGHT_PX = 30;

/** The steps and helpers of a run as a tree. Arrow keys move and fold; Enter opens the step in the story. */
export function Tree({ run, chosen, onChoose, onOpen }: Props) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => tree(run.view, toggled), [run.view, toggled]);
  const scroll = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the rows are drawn here and nowhere else
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: 12,
  });
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === chosen),
  );

  const toggle = (key: string) => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    setToggled(next);
  };
  const choose = (index: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (!row) return;
    onChoose(row.key);
    virtual.scrollToIndex(rows.indexOf(row));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    const moves: Record<string, () => void> = {
      ArrowDown: () => choose(chosen === null ? 0 : at + 1),
      ArrowUp: () => choose(at - 1),
      Home: () => choose(0),
      End: () => choose(rows.length - 1),
      ArrowRight: () => (row.open === false ? toggle(row.key) : row.open && choose(at + 1)),
      ArrowLeft: () => (row.open ? toggle(row.key) : choose(rows.findIndex((r) => r.key === row.parent))),
      Enter: () => onOpen(row.key),
      " ": () => row.open !== undefined && toggle(row.key),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };
  return (
    <div
      ref={scroll}
      className={s.tree}
      role="tree"
      aria-label="Steps and helpers"
      tabIndex={0}
      aria-activedescendant={rows[at] ? domId(rows[at]) : undefined}
      onKeyDown={onKeyDown}
    >
      <div className={s.rows} style={{ height: virtual.getTotalSize() }} role="presentation">
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div
              key={row.key}
              id={domId(row)}
              role="treeitem"
              data-testid="tree-node"
              data-key={row.key}
              aria-level={row.level}
              aria-posinset={row.position}
              aria-setsize={row.siblings}
              aria-expanded={row.open}
              aria-selected={row.key === chosen}
              className={s.row}
              style={{ transform: `translateY(${item.start}px)`, paddingLeft: (row.level - 1) * 16 }}
              onClick={() => onChoose(row.key)}
              onDoubleClick={() => onOpen(row.key)}
            >
              <span
                className={s.fold}
                data-open={row.open || undefined}
                aria-hidden
                onClick={() => row.open !== undefined && toggle(row.key)}
              >
                {row.open !== undefined && <ChevronRight size={13} />}
              </span>
              <span
                className={s.kind}
                data-running={row.running || undefined}
                style={{ background: kindColor[row.kind] }}
                aria-hidden
              />
              <span className={`${s.label} clip`}>{row.label}</span>
              <span className={`${s.detail} clip`}>{row.detail}</span>
              <Spent run={run} start={row.start} end={row.end} running={row.running} cost={row.cost} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const domId = (row: TreeRow) => `tree-${row.key.replaceAll(":", "-")}`;

import { useVirtualizer } from "@tanstack/react-virtual";
import { CircleAlert, CirclePause, CircleSlash2, CircleStop, LoaderCircle, Trash2 } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { focusedKeys, keyLabel } from "../actions";
import type { RunState } from "../bindings/RunState";
import type { RunSummary } from "../bindings/RunSummary";
import { useDeleteRun, useRuns } from "../data/queries";

import { useNavigation } from "../data/place";
import { IconButton } from "../parts/Button";
import { cx } from "../parts/cx";
import { Confirm } from "../parts/Modal";
import { moveBetweenRows } from "../parts/rows";

import { dayOf, when } from "../text/format";
import m from "./Mark.module.css";
import s from "./Sidebar.module.css";

type Row = { heading: string } | { run: RunSummary };

/** Past questions, grouped by day. */
export function History({ containing }: { containing: string }) {
  const { place, go } = useNavigation();

  const runs = useRuns(containing).data;
  const rows = useMemo(() => byDay(runs ?? []), [runs]);
  const scroll = useRef<HTMLElement>(null);
  const [deleting, setDeleting] = useState<RunSummary | null>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- only this component draws the list
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: (i) => ("heading" in (rows[i] ?? {}) ? 28 : 29),
    overscan: 12,
  });
  const remove = useDeleteRun();
  const drawn = virtual.getVirtualItems().flatMap((item) => {
    const row = rows[item.index];
    return row && "run" in row ? [row.run.run_id] : [];
  });
  // The Tab key stops here once; the arrow keys move between rows.
  const stop = place.run !== null && drawn.includes(place.run) ? place.run : drawn[0];
  return (
    <section className={s.history} ref={scroll} aria-label="Past questions" onKeyDown={moveBetweenRows}>
      {runs && rows.length === 0 && (
        <p className={s.empty}>
          {containing ? "No question contains these words. Try fewer." : "Your questions will appear here."}
        </p>
      )}
      <div className={s.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div key={item.key} className={s.slot} style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
              {"heading" in row ? (
                <h2 className={s.heading}>{row.heading}</h2>
              ) : (
                <div className={cx(s.row, row.run.run_id === place.run && s.on)}>
                  <button
                    type="button"
                    data-row
                    tabIndex={row.run.run_id === stop ? 0 : -1}
                    aria-keyshortcuts="Delete"
                    data-testid="history-item"
                    data-run={row.run.run_id}
                    data-status={row.run.status}
                    className={s.open}
                    aria-current={row.run.run_id === place.run || undefined}
                    title={`${row.run.question}\n${row.run.name}, ${when(row.run.started_at_ms)}`}
                    onClick={() =>
                      go({
                        screen: "ask",
                        run: row.run.run_id,
                        tab: "found",
                        source: null,
                        ...(row.run.library ? { library: row.run.library } : {}),
                      })
                    }
                    onKeyDown={(event) => event.key === "Delete" && setDeleting(row.run)}
                  >
                    <span className="clip">{row.run.question}</span>
                    <StateMark state={row.run.status} />
                  </button>
                  <IconButton
                    label="Delete this question"
                    keys={keyLabel(focusedKeys.remove.keys)}
                    tabIndex={-1}
                    className={s.more}
                    onClick={() => setDeleting(row.run)}
                  >
                    <Trash2 size={13} />
                  </IconButton>
                </div>
              )}
            </div>
          );
        })}
      </div>
      {deleting && (
        <Confirm
          title="Delete this question?"
          about={`This deletes “${deleting.question}”, its answer and its steps for good. The cost stays in Spending.`}
          action="Delete"
          onConfirm={() => remove.mutate(deleting.run_id)}
          onClose={() => setDeleting(null)}
        />
      )}
    </section>
  );
}

function byDay(runs: RunSummary[]): Row[] {
  const now = Date.now();
  let last = "";
  return runs.flatMap((run): Row[] => {
    const heading = dayOf(run.started_at_ms, now);
    const rows: Row[] = heading === last ? [{ run }] : [{ heading }, { run }];
    last = heading;
    return rows;
  });
}

function StateMark({ state }: { state: RunState }) {
  const mark = { size: 13, className: s.mark };
  switch (state) {
    case "answered":
      return null;
    case "running":
      return <LoaderCircle {...mark} className={cx(s.mark, m.running)} aria-label="In progress" />;
    case "limit":
      return <CircleSlash2 {...mark} color="var(--warn)" aria-label="Reached a limit" />;
    case "stopped":
      return <CircleStop {...mark} color="var(--ink-3)" aria-label="Stopped" />;
    case "failed":
      return <CircleAlert {...mark} color="var(--warn)" aria-label="Failed" />;
    case "interrupted":
      return <CirclePause {...mark} color="var(--warn)" aria-label="Interrupted" />;
  }
}

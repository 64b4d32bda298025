import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { DocumentEntry } from "../bindings/DocumentEntry";
import { moveBetweenRows } from "../parts/rows";
import { bytes, fileName, folderOf } from "../text/format";
import s from "./DocumentList.module.css";

interface Props {
  entries: DocumentEntry[];
  empty: string;
  onOpen?: (path: string) => void;
}

/** Documents, or files that are none, however many. */
export function DocumentList({ entries, empty, onOpen }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the list is drawn here and nowhere else
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroll.current,
    estimateSize: (i) => (entries[i]?.reason ? 48 : 30),
    overscan: 10,
  });
  if (entries.length === 0) return <p className={s.empty}>{empty}</p>;
  return (
    <div
      className={s.list}
      ref={scroll}
      tabIndex={onOpen ? undefined : 0}
      role="list"
      aria-label="Documents"
      onKeyDown={moveBetweenRows}
    >
      <div className={s.rows} style={{ height: virtual.getTotalSize() }} role="presentation">
        {virtual.getVirtualItems().map((item) => {
          const entry = entries[item.index];
          if (!entry) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              role="listitem"
              aria-setsize={entries.length}
              aria-posinset={item.index + 1}
              className={s.slot}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {onOpen && !entry.reason ? (
                <button
                  type="button"
                  data-row
                  tabIndex={item === virtual.getVirtualItems()[0] ? 0 : -1}
                  className={s.row}
                  onClick={() => onOpen(entry.path)}
                >
                  <Words entry={entry} />
                </button>
              ) : (
                <div className={s.row}>
                  <Words entry={entry} />
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Words({ entry }: { entry: DocumentEntry }) {
  const folder = folderOf(entry.path);
  return (
    <>
      <span className={s.words}>
        <span className={`${s.path} clip`} title={entry.path}>
          {fileName(entry.path)} {folder && <span className={s.folder}>{folder}</span>}
        </span>
        {entry.reason && <span className={s.reason}>{entry.reason}</span>}
      </span>
      <small className="num">{bytes(entry.bytes)}</small>
    </>
  );
}

import { ChevronRight, TriangleAlert } from "lucide-react";
import { memo } from "react";
import { cx } from "../parts/cx";
import { bytes, plural } from "../text/format";
import s from "./DocumentRow.module.css";
import type { Row } from "./grouping";
import { KindIcon } from "./KindIcon";
import { noteOf } from "./states";

interface Props {
  row: Row;
  opens: boolean;
  onToggle(path: string, open: boolean): void;
}

/** A document in the list: its kind, its folder, and any problem with reading it. */
export const DocumentRow = memo(function DocumentRow({ row, opens, onToggle }: Props) {
  const { entry, depth, name, folder, members, open, aside } = row;
  const note = noteOf(entry);
  const about = [
    entry.kind_name.charAt(0).toUpperCase() + entry.kind_name.slice(1),
    ...(members > 0 ? [plural(members, "document")] : []),
    ...(folder ? [folder] : []),
    // The count of documents inside already says that it is a container.
    ...(note?.weight === "quiet" && !(entry.state === "opened" && members > 0) ? [note.text] : []),
  ];
  return (
    <div className={cx(s.row, opens && s.opens, aside && s.aside)} style={{ paddingInlineStart: 8 + depth * 22 }}>
      <span
        className={cx(s.toggle, open && s.open)}
        // For the pointer only: the arrow keys do the same.
        onClick={(event) => {
          if (open === undefined) return;
          event.stopPropagation();
          onToggle(entry.path, !open);
        }}
        data-toggle={open === undefined ? undefined : true}
      >
        {open !== undefined && <ChevronRight size={14} aria-hidden />}
      </span>
      <KindIcon kind={entry.kind} size={16} className={s.icon} />
      <span className={s.words}>
        <span className={s.line}>
          <span className={`${s.name} clip`} title={entry.path}>
            {name}
          </span>
          <small className="num">{bytes(entry.bytes)}</small>
        </span>
        <span className={`${s.about} clip`} title={about.join(" · ")}>
          {about.join(" · ")}
        </span>
        {note && note.weight !== "quiet" && (
          <span className={s.note} data-weight={note.weight}>
            <TriangleAlert size={12} aria-hidden />
            <span>
              {note.weight === "doubt" && <span className="unseen">Possible reading problem: </span>}
              {note.text}
            </span>
          </span>
        )}
      </span>
    </div>
  );
});

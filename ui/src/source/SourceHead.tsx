import { ChevronLeft } from "lucide-react";
import type { SourcePlace } from "../data/place";
import { KindIcon } from "../documents/KindIcon";
import { fileName, folderOf } from "../text/format";
import { useAction } from "../useActions";
import s from "./SourceView.module.css";
import { checkWords } from "./words";

interface Props {
  source: SourcePlace;
  kind: string | undefined;
  /** Doubts about the text, such as pages that could not be read. */
  notes: string[];
  children?: React.ReactNode;
}

/** The document's name, and the result of checking the cited place. */
export function SourceHead({ source, kind, notes, children }: Props) {
  const close = useAction("closeSource");
  const { citation, path } = source;
  const check = citation && checkWords[citation.verified];
  const all = [...new Set([...(citation?.notes ?? []), ...notes])];
  return (
    <div className={s.head}>
      <button type="button" className={s.back} onClick={close.run} title={close.tip}>
        <ChevronLeft size={13} /> {citation ? "All sources" : "All documents"}
      </button>
      <h2 className={s.name}>
        <KindIcon kind={kind} size={15} />
        <span>
          {fileName(path)}
          {citation && `, ${citation.place}`}
        </span>
      </h2>
      {folderOf(path) && <div className={`${s.folder} clip`}>{folderOf(path)}</div>}
      {check && (
        <div className={s.check} data-check={citation.verified}>
          <b>{check.title}.</b> {check.about}
        </div>
      )}
      {all.length > 0 && (
        <div className={s.doubts} data-testid="source-notes">
          <b>Note:</b> {all.join("; ")}.
        </div>
      )}
      {children}
    </div>
  );
}

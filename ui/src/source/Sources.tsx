import { useDeferredValue, useMemo, useState } from "react";
import type { Citation } from "../bindings/Citation";
import { useDocuments } from "../data/host";
import { useNavigation } from "../data/place";
import type { OpenRun } from "../data/useRun";
import { moveBetweenRows } from "../parts/rows";
import { places, takeCitations } from "../run/citations";
import { fileName } from "../text/format";
import { DocumentList } from "./DocumentList";
import s from "./SourceView.module.css";
import { checkWords } from "./words";

/** The places that an answer names. */
export function CitedPlaces({ run }: { run: OpenRun }) {
  const { go } = useNavigation();
  const { view, log } = run;
  const answer = view.finished?.answer ?? "";
  const cited = useMemo(() => places(takeCitations(answer, view.citations, false).cited), [answer, view.citations]);
  const open = (citation: Citation, number: number) =>
    go({
      source: {
        library: log.summary?.library,
        path: citation.path,
        startLine: citation.start_line,
        endLine: citation.end_line,
        citation,
        number,
      },
    });
  return (
    <div className={s.places} onKeyDown={moveBetweenRows}>
      {cited.map(({ number, found }) =>
        found ? (
          <button key={number} type="button" data-row className={s.place} onClick={() => open(found, number)}>
            <span className={s.number} data-check={found.verified}>
              {number}
            </span>
            <span className="clip">
              {fileName(found.path)}, {found.place}
            </span>
            {found.quote && <q>{found.quote}</q>}
            <small>{checkWords[found.verified].title}</small>
          </button>
        ) : null,
      )}
    </div>
  );
}

/** Everything in a library, to look at. */
export function LibraryDocuments({ library }: { library: string }) {
  const { go } = useNavigation();
  const documents = useDocuments(library, 50_000);
  const [sought, setSought] = useState("");
  const wanted = useDeferredValue(sought.trim().toLowerCase());
  const entries = useMemo(
    () =>
      (documents.data?.entries ?? []).filter(
        (e) => (e.state === "listed" || e.state === "read") && e.path.toLowerCase().includes(wanted),
      ),
    [documents.data, wanted],
  );
  return (
    <div className={s.documents}>
      <input
        className={s.filter}
        aria-label="Find a document by name"
        placeholder="Find a document by name"
        value={sought}
        onChange={(event) => setSought(event.target.value)}
        spellCheck={false}
      />
      <DocumentList
        entries={entries}
        empty={
          documents.error
            ? documents.error.message
            : documents.isPending
              ? "Looking…"
              : wanted
                ? "No document has this in its name."
                : "There are no documents here."
        }
        onOpen={(path) => go({ source: { library, path, startLine: 1, endLine: 1 } })}
      />
    </div>
  );
}

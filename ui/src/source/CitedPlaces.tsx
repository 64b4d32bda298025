import { useMemo } from "react";
import type { Citation } from "../bindings/Citation";
import type { OpenRun } from "../data/following/useRun";
import { useNavigation } from "../data/place";
import { moveBetweenRows } from "../parts/rows";
import { places, takeCitations } from "../run/citations";
import { fileName } from "../text/format";
import s from "./CitedPlaces.module.css";
import { checkWords } from "./words";

/** The places that an answer cites. */
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
        run: run.id,
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
            <small>
              {checkWords[found.verified].title}
              {found.notes && found.notes.length > 0 && ` · ${found.notes.join("; ")}`}
            </small>
          </button>
        ) : null,
      )}
    </div>
  );
}

import { useMemo } from "react";
import type { OpenRun } from "../data/useRun";
import { amountWords, ledgerOf, placeWords, textWords } from "../run/ledger";
import { plural } from "../text/format";
import s from "./Sent.module.css";

/** So many documents are named; a long list says no more than its length. */
const NAMED = 500;

/** What left this computer in a run: where to, how much, and whose text. */
export function Sent({ run }: { run: OpenRun }) {
  const ledger = useMemo(() => ledgerOf(run.log.events), [run.log.events]);
  if (!ledger)
    return <p className={s.none}>This question was asked with a version of Plumb that did not write down what it sent.</p>;
  if (ledger.sent.length === 0) {
    return (
      <p className={s.none}>
        Nothing left this computer. The model {run.state === "running" ? "runs" : "ran"} on it, or nothing was sent.
      </p>
    );
  }
  const more = ledger.documents.length - NAMED;
  return (
    <div className={s.sent} tabIndex={0} role="group" aria-label="What was sent">
      {ledger.sent.map((place) => (
        <dl key={JSON.stringify(place.to)} className={`${s.place} num`}>
          <dt>{place.to.kind === "server" ? place.to.address : place.to.command}</dt>
          <dd>{placeWords(place.to)}</dd>
          <dd>{amountWords(place)}</dd>
          <dd>{textWords(place.documents, ledger.exact)}</dd>
        </dl>
      ))}
      {ledger.documents.length > 0 && (
        <section className={s.documents}>
          <h2>{ledger.exact ? "The text of these documents was sent" : "Only text of these documents can have been sent"}</h2>
          <p>
            {ledger.exact
              ? "All of it."
              : "They had been read by then, in whole or in part. Code written by the model decides what of them goes into a request."}
          </p>
          <ul>
            {ledger.documents.slice(0, NAMED).map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
          {more > 0 && <p>And {plural(more, "document")} more.</p>}
        </section>
      )}
      <p className={s.note}>
        Counted are the bodies of requests, also of those that failed. Your question and names of files are part of them.
      </p>
    </div>
  );
}

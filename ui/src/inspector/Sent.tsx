import { useMemo } from "react";
import type { OpenRun } from "../data/following/useRun";
import { amountWords, ledgerOf, reachWords, textWords } from "../run/ledger";
import { plural } from "../text/format";
import s from "./Sent.module.css";

/** Number of documents that are named. A longer list tells you no more than its length. */
const MAX_NAMED = 500;

/** Everything that left this computer in a run: the destinations, the amounts, and the documents. */
export function Sent({ run }: { run: OpenRun }) {
  const ledger = useMemo(() => ledgerOf(run.log.events), [run.log.events]);
  if (!ledger)
    return <p className={s.none}>You asked this question with an older Plumb, which kept no record of the text it sent.</p>;
  if (ledger.sent.length === 0) {
    return (
      <p className={s.none}>
        Nothing left this computer. The model {run.state === "running" ? "runs" : "ran"} here, or Plumb sent nothing.
      </p>
    );
  }
  const more = ledger.documents.length - MAX_NAMED;
  return (
    <div className={s.sent} tabIndex={0} role="group" aria-label="Sent text">
      {ledger.sent.map((place) => (
        <dl key={JSON.stringify(place.to)} className={`${s.place} num`}>
          <dt>{place.to.kind === "server" ? place.to.address : place.to.command}</dt>
          <dd>{reachWords[place.reach]}</dd>
          <dd>{amountWords(place)}</dd>
          <dd>{textWords(place.documents, ledger.exact)}</dd>
        </dl>
      ))}
      {ledger.documents.length > 0 && (
        <section className={s.documents}>
          <h2>
            {ledger.exact
              ? "Plumb sent the text of these documents"
              : "Plumb may have sent text from these documents, and no others"}
          </h2>
          <p>
            {ledger.exact
              ? "It sent all of their text."
              : "It had read them by then, in whole or in part. The model’s code decides which parts go into a request."}
          </p>
          <ul>
            {ledger.documents.slice(0, MAX_NAMED).map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
          {more > 0 && <p>And {plural(more, "document")} more.</p>}
        </section>
      )}
      <p className={s.note}>
        The sizes are those of the request bodies, failed requests included. Your question and file names are part of them.
      </p>
    </div>
  );
}

import { useEffect, useMemo, useRef } from "react";
import { modeWords } from "../ask/modes";
import { partialKey } from "../data/following/runLog";
import { useClock, type OpenRun } from "../data/following/useRun";
import { useNavigation } from "../data/place";
import { Pulse } from "../parts/Pulse";
import { ledgerLine, ledgerOf } from "../run/ledger";
import { livePhrase, readAnswer } from "../run/story";
import { duration, plural } from "../text/format";
import s from "./AnswerPane.module.css";
import { AnswerText } from "./AnswerText";
import { ChangedSources } from "./ChangedSources";
import { RunActions } from "./RunActions";
import { RunStatusLine } from "./RunStatusLine";

/** A question and its answer, or its progress. */
export function RunBody({ run }: { run: OpenRun }) {
  const { view, log, state } = run;
  const running = state === "running";
  const direct = view.mode === "direct";
  const arrived = log.partials[partialKey(0)] ?? "";
  const read = running ? readAnswer(arrived) : undefined;
  const answer = view.finished?.answer || (direct ? arrived || lastReply(run) : (read ?? view.draft ?? ""));
  const scroll = useStickToEnd(running && answer ? arrived.length : 0, run.id);
  return (
    <div className={s.scroll} ref={scroll} tabIndex={-1}>
      <article className={s.read} aria-label="Answer">
        <h1 className={s.question}>{view.question}</h1>
        <How run={run} />
        <RunStatusLine run={run} />
        {!running && view.citations.length > 0 && <ChangedSources run={run} />}
        {answer && !running && state !== "answered" && <h2 className={s.soFar}>Best answer so far</h2>}
        {answer && (
          <AnswerText answer={answer} citations={view.citations} library={log.summary?.library} run={run.id} arriving={running} />
        )}
        {running && <Live run={run} wrote={answer ? "" : arrived} />}
        {!running && answer && <Checks run={run} />}
        {!running && <SentLine run={run} />}
        {!running && <RunActions run={run} answer={answer} />}
      </article>
    </div>
  );
}

/** The last reply of a run that has not ended: in direct mode, replies are the answer. */
const lastReply = ({ view }: OpenRun) => view.nodes.get(0)?.turns.findLast((t) => t.reply)?.reply?.text ?? "";

/** One line about the run: its state, steps, model, and the place where code ran. */
function How({ run: { view, state } }: { run: OpenRun }) {
  const words = {
    running: "In progress",
    answered: "Answered",
    limit: "Reached a limit",
    stopped: "Stopped",
    failed: "Failed",
    interrupted: "Interrupted",
  };
  const took = view.finished ? ` ${state === "answered" ? "in" : "after"} ${duration(view.finished.elapsed)}` : "";
  const turns = view.nodes.get(0)?.turns.length ?? 0;
  const steps =
    view.mode === "direct"
      ? "Read everything at once"
      : plural(turns, "step") + (view.calls.size > 0 ? `, ${plural(view.calls.size, "sub-call")}` : "");
  return (
    <div className={s.how}>
      <span>
        {words[state]}
        {took}
      </span>
      {turns > 0 && <span>{steps}</span>}
      {view.mode && view.mode !== "direct" && <span title={view.modeReason}>{modeWords[view.mode].name}</span>}
      {view.options && <span>{view.options.model.name}</span>}
      {view.options?.repl_command && view.mode !== "direct" && <span title={view.options.repl_command}>Code ran elsewhere</span>}
    </div>
  );
}

/** The current step, and the number of words that have arrived. */
function Live({ run, wrote }: { run: OpenRun; wrote: string }) {
  const words = wrote ? ` · ${plural(wrote.trim().split(/\s+/).length, "word")} so far` : "";
  const clock = useClock(run);
  const { loading } = run.log;
  return (
    <div className={s.live} role="status" data-testid="run-status" data-status="running">
      <Pulse />
      <span>
        {loading === undefined ? livePhrase(run.view, clock) : `Loading the model, ${Math.round(loading * 100)} %`}…
        <span className="num" aria-hidden>
          {words}
        </span>
      </span>
    </div>
  );
}

/** Results of checking the cited places, and the number of documents read. */
function Checks({ run: { view } }: { run: OpenRun }) {
  const places = view.citations.length;
  const quotes = view.citations.filter((c) => c.verified === "quote_found").length;
  const missing = view.citations.filter((c) => c.verified === "not_found").length;
  return (
    <div className={`${s.sure} num`}>
      {places > 0 ? (
        <span>
          <b>{places}</b> {places === 1 ? "place" : "places"} cited
        </span>
      ) : (
        <span>The answer cites no source</span>
      )}
      {quotes > 0 && (
        <span>
          <b>{quotes}</b> {quotes === 1 ? "quote" : "quotes"} found
        </span>
      )}
      {missing > 0 && <span className={s.again}>{missing} not found</span>}
      {view.touched > 0 && (
        <span>
          <b>
            {view.touched} of {view.documents}
          </b>{" "}
          documents read
        </span>
      )}
    </div>
  );
}

/** A line on the text that left this computer. Click it for the details. */
function SentLine({ run }: { run: OpenRun }) {
  const { go } = useNavigation();
  const ledger = useMemo(() => ledgerOf(run.log.events), [run.log.events]);
  if (!ledger) return null;
  return (
    <button type="button" className={`${s.left} num`} data-testid="sent" onClick={() => go({ tab: "sent", aside: true })}>
      {ledgerLine(ledger)}
    </button>
  );
}

/** Keeps the end in view while text arrives, unless you have scrolled away from it. */
function useStickToEnd(length: number, run: string) {
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scroll.current?.scrollTo(0, 0);
  }, [run]);
  useEffect(() => {
    const box = scroll.current;
    if (!box || length === 0) return;
    const below = box.scrollHeight - box.clientHeight - box.scrollTop;
    if (below < 120) box.scrollTop = box.scrollHeight;
  }, [length]);
  return scroll;
}

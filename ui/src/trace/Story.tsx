import { ChevronRight } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { NodeId } from "../bindings/NodeId";
import { partialKey } from "../data/following/runLog";
import type { OpenRun } from "../data/following/useRun";
import { cx } from "../parts/cx";
import { story, type Step } from "../run/story";
import { count } from "../text/format";
import { Calls } from "./Calls";
import { Code, Output } from "./Code";
import { Spent } from "./Spent";
import s from "./Story.module.css";

interface Props {
  run: OpenRun;
  node: NodeId;
  /** The step, or part of one, that was chosen in the tree or the time line. */
  chosen?: string | null;
}

/** The steps as sentences. Each step's code is folded until you open it. */
export function Story({ run, node, chosen = null }: Props) {
  const steps = useMemo(() => story(run.view, node), [run.view, node]);
  return (
    <ol className={s.steps}>
      {steps.map((step) => (
        <StepRow
          key={step.key}
          run={run}
          node={node}
          step={step}
          chosen={chosen !== null && (step.key === chosen || step.holds.includes(chosen)) ? chosen : null}
        />
      ))}
    </ol>
  );
}

function StepRow({ run, node, step, chosen }: { run: OpenRun; node: NodeId; step: Step; chosen: string | null }) {
  const { cell, said } = step;
  const arriving =
    step.running && step.kind === "think" && run.view.mode !== "direct" ? run.log.partials[partialKey(node)] : undefined;
  const hasMore = cell !== undefined || !!said || !!arriving;
  const [open, setOpen] = useState(false);
  const [seen, setSeen] = useState<string | null>(null);
  const row = useRef<HTMLLIElement>(null);
  // The arrow must not wrap onto a line of its own, so it is kept with the last word.
  const lastWord = step.title.lastIndexOf(" ") + 1;
  // Choosing a step elsewhere opens it once; after that you fold it as you like.
  if (chosen !== seen) {
    setSeen(chosen);
    if (chosen) setOpen(true);
  }
  useEffect(() => {
    if (chosen === step.key) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen, step.key]);
  return (
    <li ref={row} className={cx(s.step, s[step.kind], step.running && s.running)} data-testid="story-step" data-kind={step.kind}>
      <span className={s.kind} aria-hidden />
      <button
        type="button"
        data-row
        className={s.head}
        data-chosen={chosen === step.key ? "" : undefined}
        aria-expanded={hasMore ? open : undefined}
        onClick={() => hasMore && setOpen(!open)}
      >
        <span className={s.words}>
          <span className={s.title}>
            {step.title.slice(0, lastWord)}
            <span className={s.together}>
              {step.title.slice(lastWord)}
              {hasMore && <ChevronRight size={13} aria-hidden />}
            </span>
          </span>
          {step.detail && <span className={s.detail}>{step.detail}</span>}
        </span>
        <Spent run={run} start={step.start} end={step.end} running={step.running} cost={step.cost} />
      </button>
      {open && hasMore && (
        <div className={s.more}>
          {said && <div className={s.said}>{said}</div>}
          {arriving && <div className={s.said}>{arriving}</div>}
          {cell?.code && <Code code={cell.code} />}
          {cell && cell.searches.length > 1 && (
            <Output label="Searches">
              {cell.searches.map((f) => `“${f.query}”: ${count(f.hits)} in ${count(f.documents)} documents`).join("\n")}
            </Output>
          )}
          {cell && cell.calls.length > 0 && (
            <Calls
              run={run}
              calls={cell.calls}
              chosen={chosen}
              helper={(child, inside) => <Story run={run} node={child} chosen={inside} />}
            />
          )}
          {cell?.outcome?.output && (
            <>
              <span className={s.label}>
                {cell.outcome.omitted_chars > 0 ? `Output, ${count(cell.outcome.omitted_chars)} characters left out` : "Output"}
              </span>
              <Output label="Output">{cell.outcome.output}</Output>
            </>
          )}
          {cell?.outcome?.error && (
            <>
              <span className={s.label}>Error</span>
              <Output label="Error">{cell.outcome.error}</Output>
            </>
          )}
          {cell?.outcome?.answer !== undefined && (
            <>
              <span className={s.label}>Answer</span>
              <Output label="Answer from this step">{cell.outcome.answer}</Output>
            </>
          )}
        </div>
      )}
    </li>
  );
}

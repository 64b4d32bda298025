import { remedies } from "../bindings/remedies";
import type { OpenRun } from "../data/following/useRun";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { canContinue } from "../run/state";
import { useAction } from "../useActions";
import s from "./AnswerPane.module.css";
import { Continue } from "./Continue";

const titles = {
  limit: "This question reached a limit",
  stopped: "You stopped this question",
  failed: "Plumb could not answer this question",
  interrupted: "Plumb closed before this question was answered",
};

/** Shown when the host gives no message of its own. */
const advice = {
  limit: "This is the best answer so far. Continue to go on from here.",
  stopped: "Plumb kept everything up to that point. Continue to go on from there.",
  failed: "Plumb kept everything up to that point. Continue to try again from there.",
  interrupted: "Plumb kept every finished step. Continue to go on from there.",
};

/** Why a run ended early, and what to do about it. */
export function RunStatusLine({ run }: { run: OpenRun }) {
  const openSpending = useAction("openSpending");
  const openSettings = useAction("openSettings");
  const { state, view } = run;
  const error = view.finished?.error;
  if (state === "running" || state === "answered" || !canContinue(state)) return <AnsweredMark state={state} />;
  return (
    <div className={s.status} data-testid="run-status" data-status={state}>
      <Banner
        calm={state === "stopped"}
        title={titles[state]}
        acts={
          <>
            {error && remedies[error.code] === "month_limit" && <Button onClick={openSpending.run}>{openSpending.name}</Button>}
            {state === "failed" && (
              <Button onClick={openSettings.run} title={openSettings.tip}>
                Change model
              </Button>
            )}
            <Continue run={run} />
          </>
        }
      >
        {view.finished?.error?.message ?? advice[state]}
      </Banner>
    </div>
  );
}

/** Tells a screen reader that the run has ended. */
const AnsweredMark = ({ state }: { state: string }) =>
  state === "answered" ? (
    <span className="unseen" role="status" data-testid="run-status" data-status="answered">
      Answered
    </span>
  ) : null;

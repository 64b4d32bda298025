import { Banner } from "../parts/Banner";
import { useNavigation } from "../data/place";
import { Button } from "../parts/Button";
import { canContinue } from "../run/state";
import type { OpenRun } from "../data/useRun";
import { Continue } from "./Continue";
import s from "./Middle.module.css";

const titles = {
  limit: "A limit was reached",
  stopped: "You stopped this question",
  failed: "This question could not be answered",
  interrupted: "Plumb ended in the middle of this question",
};

const otherwise = {
  limit: "This is the best answer so far. Continue to go on from here.",
  stopped: "Everything up to then is kept. Continue to go on from there.",
  failed: "Everything up to then is kept. Continue to try again from there.",
  interrupted: "Nothing that had been finished is lost. Continue to go on where it stopped.",
};

/** How a run ended that did not simply end, and what to do about it. */
export function RunStatusLine({ run }: { run: OpenRun }) {
  const { go } = useNavigation();
  const { state, view } = run;
  if (state === "running" || state === "answered" || !canContinue(state)) return <AnsweredMark state={state} />;
  return (
    <div className={s.status} data-testid="run-status" data-status={state}>
      <Banner
        calm={state === "stopped"}
        title={titles[state]}
        acts={
          <>
            {view.finished?.error?.code === "limit_month" && (
              <Button onClick={() => go({ screen: "spending" })}>Open spending</Button>
            )}
            {state === "failed" && <Button onClick={() => go({ screen: "settings" })}>Change model</Button>}
            <Continue run={run} />
          </>
        }
      >
        {view.finished?.error?.message ?? otherwise[state]}
      </Banner>
    </div>
  );
}

/** For those who listen instead of look: the run has come to its end. */
const AnsweredMark = ({ state }: { state: string }) =>
  state === "answered" ? (
    <span className="unseen" role="status" data-testid="run-status" data-status="answered">
      Answered
    </span>
  ) : null;

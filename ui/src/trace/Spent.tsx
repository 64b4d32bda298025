import { useClock, type OpenRun } from "../data/following/useRun";
import { dollars, duration } from "../text/format";
import s from "./Story.module.css";

interface Props {
  run: OpenRun;
  start: number;
  end: number | undefined;
  running: boolean;
  cost?: number | null | undefined;
}

/** Time and cost at the right edge of a row. The time ticks while the step runs. */
export function Spent({ run, start, end, running, cost }: Props) {
  const money = cost !== undefined && cost !== 0 && !run.view.facts?.free ? (cost === null ? "$?" : dollars(cost)) : undefined;
  return (
    <span className={`${s.spent} num`}>
      {running ? (
        <Ticking run={run} start={start} />
      ) : (
        end !== undefined && end - start >= 50 && <span>{duration(end - start)}</span>
      )}
      {money && <span title={money === "$?" ? "Price unknown" : undefined}>{money}</span>}
    </span>
  );
}

function Ticking({ run, start }: { run: OpenRun; start: number }) {
  return <span>{duration(Math.max(0, useClock(run) - start))}</span>;
}

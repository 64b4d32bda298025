import { useAsk } from "../ask/useAsk";
import { useChangedSources, useListed } from "../data/queries";

import type { OpenRun } from "../data/following/useRun";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";

import { changedWords } from "./changedWords";
import s from "./AnswerPane.module.css";

/** Names the cited sources that have changed since the answer, and offers to ask again. */
export function ChangedSources({ run }: { run: OpenRun }) {
  const changed = useChangedSources(run.id, run.state !== "running") ?? [];
  const { question, options } = run.view;
  const library = useListed(run.log.summary?.library);
  const ask = useAsk();
  const again = () => ask.mutate({ question, library: library ?? "", mode: options?.mode ?? "auto" });
  if (changed.length === 0) return null;
  return (
    <div className={s.status}>
      <Banner
        testid="changed-sources"
        acts={
          library !== undefined && (
            <Button data-testid="ask-again" disabled={ask.isPending} onClick={again}>
              Ask again
            </Button>
          )
        }
      >
        {changedWords(changed)}
      </Banner>
    </div>
  );
}

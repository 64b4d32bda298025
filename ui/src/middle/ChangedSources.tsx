import { useMutation, useQueryClient } from "@tanstack/react-query";
import { report, useChangedSources, useListed } from "../data/host";
import { useNavigation } from "../data/place";
import type { OpenRun } from "../data/useRun";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { usePlatform } from "../platform";
import { changedWords } from "./changedWords";
import s from "./Middle.module.css";

/** Says which sources of an answer are not as they were, and asks again on the spot. */
export function ChangedSources({ run }: { run: OpenRun }) {
  const { go } = useNavigation();
  const platform = usePlatform();
  const client = useQueryClient();
  const changed = useChangedSources(run.id, run.state !== "running") ?? [];
  const { question, options } = run.view;
  const library = useListed(run.log.summary?.library);
  const again = useMutation({
    mutationFn: () => platform.call("ask", { question, library: library ?? "", mode: options?.mode ?? "auto" }),
    onSuccess: (summary) => {
      go({ run: summary.run_id, source: null, tab: "found" });
      void client.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: report,
  });
  if (changed.length === 0) return null;
  return (
    <div className={s.status}>
      <Banner
        testid="changed-sources"
        acts={
          library !== undefined && (
            <Button data-testid="ask-again" disabled={again.isPending} onClick={() => again.mutate()}>
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

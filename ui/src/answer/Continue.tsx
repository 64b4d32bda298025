import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { remedies } from "../bindings/remedies";
import type { Resume } from "../bindings/Resume";
import { useRunLogs, type OpenRun } from "../data/following/useRun";
import { report } from "../data/trouble";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Modal } from "../parts/Modal";
import { usePlatform } from "../platform";
import { dollars } from "../text/format";

/** Continues a run. Asks for a higher limit first if the old one is spent. */
export function Continue({ run }: { run: OpenRun }) {
  const platform = usePlatform();
  const logs = useRunLogs();
  const client = useQueryClient();
  const [raising, setRaising] = useState(false);
  const resume = useMutation({
    mutationFn: (request: Resume) => platform.call("resume", request),
    onSuccess: () => {
      logs.reread(run.id);
      void client.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: report,
  });
  const limit = run.view.options?.limits.max_cost_usd;
  const code = run.view.finished?.error?.code;
  const spent = run.state === "limit" && limit !== undefined && code !== undefined && remedies[code] === "raise_limit";
  return (
    <>
      <Button
        look="primary"
        data-testid="continue-button"
        disabled={resume.isPending}
        onClick={() => (spent ? setRaising(true) : resume.mutate({ run: run.id }))}
      >
        Continue
      </Button>
      {raising && limit !== undefined && (
        <RaiseLimit
          limit={limit}
          onClose={() => setRaising(false)}
          onRaise={(max_cost_usd) => {
            setRaising(false);
            resume.mutate({ run: run.id, max_cost_usd });
          }}
        />
      )}
    </>
  );
}

function RaiseLimit({ limit, onRaise, onClose }: { limit: number; onRaise(limit: number): void; onClose(): void }) {
  const [words, setWords] = useState((limit * 2).toFixed(2));
  const amount = Number(words.replace(",", "."));
  const enough = amount > limit;
  return (
    <Modal
      title="Continue with a higher limit"
      about={`The limit for this question was ${dollars(limit)}. The money already spent counts towards the new limit.`}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (enough) onRaise(amount);
        }}
      >
        <TextField
          label="New limit, in US dollars"
          inputMode="decimal"
          value={words}
          autoFocus
          onChange={(event) => setWords(event.target.value)}
          hint={enough ? undefined : `Enter more than ${dollars(limit)}.`}
        />
        <Button look="primary" type="submit" disabled={!enough} style={{ marginTop: 12 }}>
          Continue
        </Button>
      </form>
    </Modal>
  );
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Resume } from "../bindings/Resume";
import { report, useRunLogs } from "../data/host";
import type { OpenRun } from "../data/useRun";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Modal } from "../parts/Modal";
import { usePlatform } from "../platform";
import { dollars } from "../text/format";

/** Goes on with a run; asks for a higher limit where the old one is spent. */
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
  const spent =
    run.state === "limit" && limit !== undefined && /cost|budget|money/.test(run.view.finished?.error?.code ?? "cost");
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
      about={`${dollars(limit)} was the limit for this question. What has been spent counts towards the new one.`}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (enough) onRaise(amount);
        }}
      >
        <TextField
          label="New limit in US dollars"
          inputMode="decimal"
          value={words}
          autoFocus
          onChange={(event) => setWords(event.target.value)}
          hint={enough ? undefined : `More than ${dollars(limit)}, please.`}
        />
        <Button look="primary" type="submit" disabled={!enough} style={{ marginTop: 12 }}>
          Continue
        </Button>
      </form>
    </Modal>
  );
}

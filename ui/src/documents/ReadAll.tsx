import { useMutation } from "@tanstack/react-query";
import { beginExamining, endExamining, examining } from "../data/following/examining";
import { useStore } from "../data/store";
import { report } from "../data/trouble";
import { Banner } from "../parts/Banner";
import { Bar } from "../parts/Bar";
import { Button, Tip } from "../parts/Button";
import { usePlatform } from "../platform";
import { count } from "../text/format";
import s from "./DocumentsPane.module.css";
import type { Counts } from "./states";

/** Reads every document once, so that the list shows the state of each. This is optional: a question reads what it needs. */
export function ReadAll({ library, counts }: { library: string; counts: Counts }) {
  const platform = usePlatform();
  const now = useStore(examining)[library];
  const begin = useMutation({
    mutationFn: () => platform.call("examine", { library }),
    onMutate: () => beginExamining(library),
    onError: (thrown) => {
      endExamining(library);
      report(thrown);
    },
  });
  const stop = useMutation({ mutationFn: () => platform.call("stop_examine", { library }), onError: report });
  if (now && !now.fault) {
    return (
      <div className={s.reading} data-testid="examining">
        <div>
          <span className="num" role="status">
            {now.all > 0 ? `Reading: ${count(now.done)} of ${count(now.all)}` : "Reading…"}
          </span>
          <Button
            autoFocus={begin.isPending || begin.isSuccess}
            data-testid="stop-examine"
            disabled={stop.isPending}
            onClick={() => stop.mutate()}
          >
            Stop
          </Button>
        </div>
        <Bar label="Documents read" part={now.all > 0 ? now.done / now.all : 0} />
      </div>
    );
  }
  return (
    <>
      {now?.fault && (
        <Banner title="Plumb stopped reading the documents" onClose={() => endExamining(library)}>
          {now.fault.message}
        </Banner>
      )}
      {counts.unread > 0 && (
        <div className={s.unread}>
          <span className="num">
            <b>{count(counts.unread)}</b> not read yet
          </span>
          <Tip text="A question reads what it needs by itself. Read all now to see which documents Plumb can read.">
            <Button data-testid="examine" onClick={() => begin.mutate()}>
              Read all now
            </Button>
          </Tip>
        </div>
      )}
    </>
  );
}

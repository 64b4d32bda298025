import { PanelRight } from "lucide-react";
import { useState } from "react";
import type { Library } from "../bindings/Library";
import { useClock, type OpenRun } from "../data/following/useRun";
import { useNavigation } from "../data/place";
import { LeftOut } from "../documents/LeftOut";
import { Bar } from "../parts/Bar";
import { IconButton, Tip } from "../parts/Button";
import { cost, count, dollars, duration, plural, short } from "../text/format";
import { useAction } from "../useActions";
import s from "./Header.module.css";

/** The library in use, and the cost of the open question so far. */
export function Header({ library, run }: { library: Library | undefined; run: OpenRun | null }) {
  const { aside } = useNavigation().place;
  const show = useAction("showInspector");
  const hide = useAction("hideInspector");
  const inspector = aside ? hide : show;
  const [showsLeftOut, setShowsLeftOut] = useState(false);
  const totals = run?.view.options
    ? { documents: run.view.documents, tokens: run.view.tokensEstimate, skipped: run.view.skipped }
    : library?.overview && {
        documents: library.overview.documents,
        tokens: library.overview.tokens_estimate,
        skipped: library.overview.skipped,
      };
  const libraryId = run ? run.log.summary?.library : library?.id;
  return (
    <header className={s.header}>
      <span className={`${s.name} clip`}>{run?.view.name ?? library?.name ?? ""}</span>
      {!totals && !run && library && library.found > 0 && (
        <span className={`${s.totals} num`}>Found {plural(library.found, "document")} so far…</span>
      )}
      {totals && (
        <span className={`${s.totals} num`}>
          <span className="clip">
            {plural(totals.documents, "document")} · {short(totals.tokens)} tokens
            {totals.skipped > 0 && " · "}
          </span>
          {totals.skipped > 0 && (
            <button type="button" className={s.left} disabled={!libraryId} onClick={() => setShowsLeftOut(true)}>
              &nbsp;{count(totals.skipped)} left out
            </button>
          )}
        </span>
      )}
      <span className={s.end}>
        {run && <Meter run={run} />}
        <IconButton label={inspector.name} keys={inspector.keys} className={s.aside} aria-pressed={aside} onClick={inspector.run}>
          <PanelRight size={16} />
        </IconButton>
      </span>
      {showsLeftOut && libraryId && <LeftOut library={libraryId} onClose={() => setShowsLeftOut(false)} />}
    </header>
  );
}

function Meter({ run }: { run: OpenRun }) {
  const { view } = run;
  const clock = useClock(run);
  const free = view.facts?.free ?? false;
  const limit = view.options?.limits.max_cost_usd;
  const tokens = view.usage.input_tokens + view.usage.output_tokens;
  const spent = free
    ? view.facts?.stays_here
      ? "Free, on this computer"
      : "Free"
    : limit === undefined || view.cost === null
      ? cost(view.cost, false)
      : `${dollars(view.cost)} of ${dollars(limit)}`;
  const cached =
    view.usage.cached_input_tokens > 0
      ? ` (${count(view.usage.cached_input_tokens)} of them at the lower price for cached text)`
      : "";
  return (
    <Tip text={`${count(view.usage.input_tokens)} tokens read${cached}, ${count(view.usage.output_tokens)} written`}>
      <div className={`${s.meter} num`} data-testid="meter" tabIndex={0} role="group" aria-label="Cost of this question">
        <span className={s.spent}>
          {spent}
          {!free && limit !== undefined && view.cost !== null && (
            <Bar
              label="Share of the limit spent"
              part={limit > 0 ? view.cost / limit : 1}
              warn={view.cost > limit * 0.9}
              className={s.bar}
            />
          )}
        </span>
        <small>
          {short(tokens)} tokens · {duration(clock)}
        </small>
      </div>
    </Tip>
  );
}

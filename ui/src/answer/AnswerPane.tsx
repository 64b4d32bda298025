import type { ActionName } from "../actions";
import { AskBox } from "../ask/AskBox";
import { NewQuestion, NoLibrary } from "../ask/Start";
import type { Library } from "../bindings/Library";
import { remedies } from "../bindings/remedies";
import type { Remedy } from "../bindings/Remedy";
import type { Settings } from "../bindings/Settings";
import type { RunLog } from "../data/following/runLog";
import { useRunLogs, type OpenRun } from "../data/following/useRun";
import { useNavigation } from "../data/place";
import { useStore } from "../data/store";
import { trouble } from "../data/trouble";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import type { FailureCode } from "../platform";
import { useAction } from "../useActions";
import s from "./AnswerPane.module.css";
import { Header } from "./Header";
import { RunBody } from "./RunBody";

interface Props {
  settings: Settings;
  libraries: Library[] | undefined;
  library: Library | undefined;
  run: OpenRun | null;
  log: RunLog;
}

/** The main part of the window: the answer, or a start screen, above the question box. */
export function AnswerPane({ settings, libraries, library, run, log }: Props) {
  const { place } = useNavigation();
  const logs = useRunLogs();
  return (
    <main className={s.main}>
      <Header library={library} run={run} />
      <Trouble />
      {run ? (
        <RunBody run={run} />
      ) : place.run !== null ? (
        <div className={s.scroll}>
          {log.failure && (
            <div className={s.read}>
              <Banner
                title="Plumb could not open this question"
                acts={<Button onClick={() => logs.reread(place.run ?? undefined)}>Try again</Button>}
              >
                {log.failure.message}
              </Banner>
            </div>
          )}
        </div>
      ) : library ? (
        <NewQuestion library={library} />
      ) : libraries ? (
        <NoLibrary />
      ) : (
        <div className={s.scroll} />
      )}
      <div className={s.foot}>
        <AskBox key={settings.limits.max_cost_usd} settings={settings} library={library} running={run?.state === "running"} />
      </div>
    </main>
  );
}

/** The action of each remedy that has one. */
const actions: Readonly<Partial<Record<Remedy, ActionName>>> = {
  settings: "openSettings",
  library: "addFolder",
  month_limit: "openSpending",
};

/** An error that belongs to no run, with the action that can remedy it. */
function Trouble() {
  const now = useStore(trouble);
  if (!now) return null;
  const remedy = (remedies as Partial<Record<FailureCode, Remedy>>)[now.code];
  const action = remedy && actions[remedy];
  return (
    <div className={s.trouble} data-testid="trouble" data-code={now.code}>
      <div>
        <Banner
          title={now.code === "local_only" ? "Plumb did not send your question: text would have left this computer" : undefined}
          acts={action && <Act action={action} />}
          onClose={() => trouble.set(null)}
        >
          {now.message}
        </Banner>
      </div>
    </div>
  );
}

function Act({ action }: { action: ActionName }) {
  const { name, tip, run } = useAction(action);
  return (
    <Button onClick={run} title={tip}>
      {name}
    </Button>
  );
}

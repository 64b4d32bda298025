import type { Library } from "../bindings/Library";
import type { Settings } from "../bindings/Settings";
import { useRunLogs } from "../data/following/useRun";
import { trouble } from "../data/trouble";
import { useAction } from "../useActions";
import { useNavigation } from "../data/place";
import type { RunLog } from "../data/following/runLog";
import { useStore } from "../data/store";
import type { OpenRun } from "../data/following/useRun";
import { Banner } from "../parts/Banner";
import { Button, Tip } from "../parts/Button";
import { AskBox } from "../ask/AskBox";
import { Header } from "./Header";
import s from "./AnswerPane.module.css";
import { RunBody } from "./RunBody";
import { NewQuestion, NoLibrary } from "../ask/Start";

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

/** An error that belongs to no run, with the action that its code suggests. */
function Trouble() {
  const openSettings = useAction("openSettings");
  const addFolder = useAction("addFolder");
  const now = useStore(trouble);
  if (!now) return null;
  const keptHere = now.code === "local_only";
  const remedy =
    keptHere || /key|model|provider|server|unreachable|price/.test(now.code)
      ? openSettings
      : /librar|folder|source|path|readable/.test(now.code)
        ? addFolder
        : undefined;
  return (
    <div className={s.trouble} data-testid="trouble" data-code={now.code}>
      <div>
        <Banner
          title={keptHere ? "Plumb did not ask: text would have left this computer" : undefined}
          acts={
            remedy && (
              <Tip text={remedy.tip}>
                <Button onClick={remedy.run}>{remedy.name}</Button>
              </Tip>
            )
          }
          onClose={() => trouble.set(null)}
        >
          {now.message}
        </Banner>
      </div>
    </div>
  );
}

import type { Library } from "../bindings/Library";
import type { Settings } from "../bindings/Settings";
import { trouble, useRunLogs } from "../data/host";
import { useNavigation } from "../data/place";
import type { RunLog } from "../data/runLog";
import { useStore } from "../data/store";
import type { OpenRun } from "../data/useRun";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { AskBox } from "./AskBox";
import { Header } from "./Header";
import s from "./Middle.module.css";
import { RunBody } from "./RunBody";
import { NewQuestion, NoLibrary } from "./Start";

interface Props {
  settings: Settings;
  libraries: Library[] | undefined;
  library: Library | undefined;
  run: OpenRun | null;
  log: RunLog;
}

/** The answer: the widest and calmest part of the window. */
export function Middle({ settings, libraries, library, run, log }: Props) {
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
                title="This question could not be opened"
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
        <AskBox
          key={settings.limits.max_cost_usd}
          settings={settings}
          library={library}
          running={run?.state === "running" ? run.id : null}
        />
      </div>
    </main>
  );
}

/** What went wrong outside a run. The code decides what can be done about it. */
function Trouble() {
  const { go, addFolder } = useNavigation();
  const now = useStore(trouble);
  if (!now) return null;
  const toSettings = <Button onClick={() => go({ screen: "settings" })}>Open settings</Button>;
  const keptHere = now.code === "local_only";
  const acts =
    keptHere || /key|model|provider|server|unreachable|price/.test(now.code) ? (
      toSettings
    ) : /librar|folder|source|path|readable/.test(now.code) ? (
      <Button onClick={addFolder}>Add a folder</Button>
    ) : undefined;
  return (
    <div className={s.trouble} data-testid="trouble" data-code={now.code}>
      <div>
        <Banner
          title={keptHere ? "Not asked: this would have left the computer" : undefined}
          acts={acts}
          onClose={() => trouble.set(null)}
        >
          {now.message}
        </Banner>
      </div>
    </div>
  );
}

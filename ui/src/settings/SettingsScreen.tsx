import type { Settings } from "../bindings/Settings";
import type { Theme } from "../bindings/Theme";
import { trouble, useSaveSettings } from "../data/host";
import { useNavigation } from "../data/place";
import { useStore } from "../data/store";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { Segments } from "../parts/Segments";
import { Switch } from "../parts/Switch";
import { CodePlace } from "./CodePlace";
import { LimitsForm } from "./LimitsForm";
import { ModelChooser } from "./ModelChooser";
import { Sealed } from "./Sealed";
import s from "./Settings.module.css";

const themes = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const satisfies readonly (readonly [Theme, string])[];

export function SettingsScreen({ settings }: { settings: Settings }) {
  const { go } = useNavigation();
  const save = useSaveSettings();
  const now = useStore(trouble);
  return (
    <main className={s.page} data-testid="settings">
      <div className={s.bar}>
        <h1>Settings</h1>
        <Button onClick={() => go({ screen: "ask" })} title="Esc">
          Done
        </Button>
      </div>
      <div className={s.body}>
        {now && (
          <div style={{ paddingTop: 16 }}>
            <Banner onClose={() => trouble.set(null)}>{now.message}</Banner>
          </div>
        )}
        <section className={s.section} aria-labelledby="set-model">
          <header>
            <h2 id="set-model">Model</h2>
            <p>Who reads and answers. New questions use it; past ones keep theirs.</p>
          </header>
          <ModelChooser settings={settings} />
        </section>
        <section className={s.section} aria-labelledby="set-limits">
          <header>
            <h2 id="set-limits">Limits</h2>
            <p>A question stops here with the best answer so far, and can be continued.</p>
          </header>
          <LimitsForm key={JSON.stringify(settings.limits)} settings={settings} />
        </section>
        <section className={s.section} aria-labelledby="set-reading">
          <header>
            <h2 id="set-reading">Reading</h2>
          </header>
          <Switch
            label="Read text in pictures and scans"
            about="Slower. It happens on this computer."
            on={settings.read_images}
            onChange={(read_images) => save.mutate({ ...settings, read_images })}
            testid="read-images"
          />
        </section>
        <section className={s.section} aria-labelledby="set-look">
          <header>
            <h2 id="set-look">Appearance</h2>
          </header>
          <div>
            <Segments
              label="Appearance"
              value={settings.theme}
              options={themes}
              onChange={(theme) => save.mutate({ ...settings, theme })}
            />
          </div>
        </section>
        <CodePlace settings={settings} />
        <Sealed settings={settings} />
      </div>
    </main>
  );
}

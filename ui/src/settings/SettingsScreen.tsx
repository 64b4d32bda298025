import type { Settings } from "../bindings/Settings";
import type { Theme } from "../bindings/Theme";
import { useSaveSettings } from "../data/queries";
import { useStore } from "../data/store";
import { trouble } from "../data/trouble";
import { Banner } from "../parts/Banner";
import { Screen } from "../parts/Screen";
import { Segments } from "../parts/Segments";
import { Switch } from "../parts/Switch";
import { useAction } from "../useActions";
import { CodePlace } from "./code/CodePlace";
import { Sealed } from "./computer/Sealed";
import { LimitsForm } from "./limits/LimitsForm";
import { ModelChooser } from "./models/ModelChooser";
import s from "./Settings.module.css";

const themes = [
  ["system", "Same as system"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const satisfies readonly (readonly [Theme, string])[];

/** The settings, in sections. Each section saves its own changes. */
export function SettingsScreen({ settings }: { settings: Settings }) {
  const close = useAction("closeScreen");
  const save = useSaveSettings();
  const now = useStore(trouble);
  return (
    <Screen title="Settings" testid="settings" tip={close.tip} onClose={close.run}>
      <div className={s.body}>
        {now && (
          <div style={{ paddingTop: 16 }}>
            <Banner onClose={() => trouble.set(null)}>{now.message}</Banner>
          </div>
        )}
        <section className={s.section} aria-labelledby="set-model">
          <header>
            <h2 id="set-model">Model</h2>
            <p>The model that reads your documents and answers. New questions use it; past questions keep theirs.</p>
          </header>
          <ModelChooser settings={settings} />
        </section>
        <section className={s.section} aria-labelledby="set-limits">
          <header>
            <h2 id="set-limits">Limits</h2>
            <p>At a limit, Plumb stops the question with the best answer so far. You can continue it.</p>
          </header>
          <LimitsForm key={JSON.stringify(settings.limits)} settings={settings} />
        </section>
        <section className={s.section} aria-labelledby="set-reading">
          <header>
            <h2 id="set-reading">Reading</h2>
          </header>
          <Switch
            label="Read text in pictures and scans"
            about="Slower. Plumb does this on your computer."
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
    </Screen>
  );
}

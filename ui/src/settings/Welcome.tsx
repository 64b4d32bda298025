import type { Settings } from "../bindings/Settings";
import { trouble } from "../data/trouble";
import { useStore } from "../data/store";
import { Banner } from "../parts/Banner";
import { Brand } from "../parts/Brand";
import { ModelChooser } from "./models/ModelChooser";
import s from "./Settings.module.css";

/** First start: nothing is chosen yet. */
export function Welcome({ settings }: { settings: Settings }) {
  const now = useStore(trouble);
  return (
    <main className={s.welcome} data-testid="welcome">
      <div className={s.intro}>
        <div className={s.hello}>
          <Brand size={44} />
          <h1>Ask your documents. Check every answer.</h1>
          <p>
            Plumb answers questions about folders of any size, and shows where each answer comes from. First choose who does the
            reading; you can change this at any time.
          </p>
        </div>
        {now && <Banner onClose={() => trouble.set(null)}>{now.message}</Banner>}
        <ModelChooser settings={settings} first />
      </div>
    </main>
  );
}

import type { Settings } from "../bindings/Settings";
import { useStore } from "../data/store";
import { trouble } from "../data/trouble";
import { Banner } from "../parts/Banner";
import { Brand } from "../parts/Brand";
import { ModelChooser } from "./models/ModelChooser";
import s from "./Settings.module.css";

/** The first start, before you have chosen a model. */
export function Welcome({ settings }: { settings: Settings }) {
  const now = useStore(trouble);
  return (
    <main className={s.welcome} data-testid="welcome">
      <div className={s.intro}>
        <div className={s.hello}>
          <Brand size={44} />
          <h1>Ask your documents. Check every answer.</h1>
          <p>
            Plumb answers questions about folders of any size and shows the source of each answer. First choose the model that
            reads them; you can change it at any time.
          </p>
        </div>
        {now && <Banner onClose={() => trouble.set(null)}>{now.message}</Banner>}
        <ModelChooser settings={settings} first />
      </div>
    </main>
  );
}

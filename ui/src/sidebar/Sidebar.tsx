import { Settings2, SquarePen, Wallet } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { fieldIds } from "../actions";
import type { Settings } from "../bindings/Settings";
import { useNavigation } from "../data/place";
import { useBuiltInModels, useProviders } from "../data/queries";
import { Brand } from "../parts/Brand";
import { IconButton } from "../parts/Button";
import { modelWords } from "../settings/models/modelWords";
import { useSpending } from "../spending/useSpending";
import { dollars } from "../text/format";
import { useAction } from "../useActions";
import { History } from "./History";
import { Libraries } from "./Libraries";
import s from "./Sidebar.module.css";

/** The left-hand pane: libraries, past questions, spending, and the model in use. */
export function Sidebar({ settings, library }: { settings: Settings; library: string | undefined }) {
  const newQuestion = useAction("newQuestion");
  const findQuestion = useAction("findQuestion");
  const [sought, setSought] = useState("");
  const containing = useDeferredValue(sought.trim());
  return (
    <nav className={s.side} aria-label="Libraries and questions">
      <div className={s.brand}>
        <Brand />
        Plumb
        <IconButton label={newQuestion.name} keys={newQuestion.keys} onClick={newQuestion.run}>
          <SquarePen size={15} />
        </IconButton>
      </div>
      <div className={s.find}>
        <input
          id={fieldIds.findQuestion}
          type="text"
          role="searchbox"
          aria-label={findQuestion.name}
          placeholder="Search questions"
          value={sought}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setSought(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && sought) {
              event.stopPropagation();
              setSought("");
            }
          }}
        />
        <kbd aria-hidden>{findQuestion.keys}</kbd>
      </div>
      <Libraries shown={library} />
      <History containing={containing} />
      <SpendingFoot />
      <ModelFoot settings={settings} />
    </nav>
  );
}

function SpendingFoot() {
  const { place } = useNavigation();
  const openSpending = useAction("openSpending");
  const spending = useSpending().data;
  return (
    <button
      type="button"
      className={s.spending}
      data-testid="open-spending"
      aria-current={place.screen === "spending" ? "page" : undefined}
      onClick={openSpending.run}
    >
      <Wallet size={14} aria-hidden />
      Spending
      {spending && (
        <span className="num" data-warn={spending.almost_spent || undefined}>
          {dollars(spending.total.cost_usd)}
          <span className="unseen"> this month</span>
        </span>
      )}
    </button>
  );
}

function ModelFoot({ settings }: { settings: Settings }) {
  const openSettings = useAction("openSettings");
  const providers = useProviders().data;
  const { name, about } = modelWords(settings, providers, useBuiltInModels().data);
  return (
    <button type="button" className={s.model} onClick={openSettings.run} title={openSettings.tip}>
      <span className="clip">
        <span className="clip">{name}</span>
        <small className="clip">{about}</small>
      </span>
      <Settings2 size={15} aria-label="Settings" />
    </button>
  );
}

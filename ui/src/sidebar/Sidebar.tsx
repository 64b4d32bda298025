import { Settings2, SquarePen, Wallet } from "lucide-react";
import { useDeferredValue, useState } from "react";
import type { Settings } from "../bindings/Settings";
import { useNavigation } from "../data/place";
import { Brand } from "../parts/Brand";
import { IconButton } from "../parts/Button";
import { useBuiltInModels, useProviders } from "../data/host";
import { modelWords } from "../settings/words";
import { useSpending } from "../spending/useSpending";
import { dollars } from "../text/format";
import { History } from "./History";
import { Libraries } from "./Libraries";
import s from "./Sidebar.module.css";

/** What I have and what I asked. */
export function Sidebar({ settings, library }: { settings: Settings; library: string | undefined }) {
  const { go } = useNavigation();
  const [sought, setSought] = useState("");
  const containing = useDeferredValue(sought.trim());
  return (
    <nav className={s.side} aria-label="Libraries and questions">
      <div className={s.brand}>
        <Brand />
        Plumb
        <IconButton
          label="New question"
          keys="Ctrl N"
          onClick={() => go({ screen: "ask", run: null, source: null, tab: "source" })}
        >
          <SquarePen size={15} />
        </IconButton>
      </div>
      <div className={s.find}>
        <input
          id="find"
          type="text"
          role="searchbox"
          aria-label="Search past questions"
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
        <kbd aria-hidden>Ctrl K</kbd>
      </div>
      <Libraries shown={library} />
      <History containing={containing} />
      <SpendingFoot />
      <ModelFoot settings={settings} />
    </nav>
  );
}

function SpendingFoot() {
  const { go, place } = useNavigation();
  const spending = useSpending().data;
  return (
    <button
      type="button"
      className={s.spending}
      data-testid="open-spending"
      aria-current={place.screen === "spending" ? "page" : undefined}
      onClick={() => go({ screen: "spending" })}
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
  const { go } = useNavigation();
  const providers = useProviders().data;
  const { name, about } = modelWords(settings, providers, useBuiltInModels().data);
  return (
    <button type="button" className={s.model} onClick={() => go({ screen: "settings" })}>
      <span className="clip">
        <span className="clip">{name}</span>
        <small className="clip">{about}</small>
      </span>
      <Settings2 size={15} aria-label="Settings" />
    </button>
  );
}

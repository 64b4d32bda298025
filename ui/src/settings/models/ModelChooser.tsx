import { ChevronDown, Cloud, Laptop } from "lucide-react";
import { useState } from "react";
import type { Settings } from "../../bindings/Settings";
import s from "../Settings.module.css";
import { BuiltInModels } from "./BuiltInModels";
import { ProviderForm } from "./ProviderForm";
import { RunningServers } from "./RunningServers";

type Way = "here" | "provider";

/** Chooses the model: one on this computer, or one of a provider or server. */
export function ModelChooser({ settings, first }: { settings: Settings; first?: boolean }) {
  const [open, setOpen] = useState<Way | null>(!settings.model || settings.model.provider === "local" ? "here" : "provider");
  const head = (way: Way) => ({
    type: "button" as const,
    className: s.wayHead,
    "aria-expanded": open === way,
    onClick: () => setOpen(open === way ? null : way),
  });
  return (
    <div className={s.ways}>
      <section className={s.way} data-open={open === "here" || undefined}>
        <button {...head("here")}>
          <Laptop size={18} />
          <span>
            <b>On this computer</b>
            Works without internet.{" "}
            {settings.repl_command ? "You pay nothing." : "Nothing leaves this computer, and you pay nothing."}
          </span>
          <ChevronDown size={16} />
        </button>
        {open === "here" && (
          <div className={s.wayBody}>
            <RunningServers settings={settings} />
            <BuiltInModels settings={settings} first={first} />
          </div>
        )}
      </section>
      <section className={s.way} data-open={open === "provider" || undefined}>
        <button {...head("provider")} data-testid="choose-provider">
          <Cloud size={18} />
          <span>
            <b>With a provider or your own server</b>
            Stronger models for hard questions. Plumb sends them the parts of your documents that they read.
          </span>
          <ChevronDown size={16} />
        </button>
        {open === "provider" && (
          <div className={s.wayBody}>
            <ProviderForm settings={settings} />
          </div>
        )}
      </section>
    </div>
  );
}

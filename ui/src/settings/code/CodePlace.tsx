import { useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useId, useRef, useState, type ReactNode } from "react";
import type { Settings } from "../../bindings/Settings";
import { useSaveSettings } from "../../data/queries";
import { Button } from "../../parts/Button";
import { toFailure } from "../../platform";
import s from "../Settings.module.css";
import c from "./CodePlace.module.css";
import { ElsewhereForm } from "./ElsewhereForm";
import { Refusal } from "./Refusal";

type Where = "here" | "elsewhere";

/** Chooses where the model's code runs: on this computer, or elsewhere by a command. */
export function CodePlace({ settings }: { settings: Settings }) {
  const client = useQueryClient();
  const command = settings.repl_command?.trim() ?? "";
  const inUse: Where = command ? "elsewhere" : "here";
  const [looking, setLooking] = useState(inUse);
  const section = useRef<HTMLElement>(null);
  // Errors appear below the button, because the top of the page may be out of view.
  const save = useSaveSettings(() => undefined);
  const use = (chosen: string) =>
    save.mutate(
      { ...settings, repl_command: chosen || undefined },
      {
        onSuccess: () => {
          const where = chosen ? "elsewhere" : "here";
          setLooking(where);
          // The pressed button may be gone, so the focus moves to the place now in use.
          section.current?.querySelector<HTMLElement>(`[value=${where}]`)?.focus();
          void client.invalidateQueries({ queryKey: ["doctor"] });
        },
      },
    );
  const refusal = save.isError && <Refusal failure={toFailure(save.error)} />;
  const look = (where: Where) => {
    save.reset();
    setLooking(where);
  };
  const way = (where: Where) => ({ where, chosen: looking === where, inUse: inUse === where, onChoose: () => look(where) });
  return (
    <section className={s.section} aria-labelledby="set-code" data-testid="code-place" ref={section}>
      <header>
        <h2 id="set-code">Where code runs</h2>
        <p>To answer questions about many documents, a model writes small programs. Choose where they run.</p>
      </header>
      <div className={s.ways} role="radiogroup" aria-labelledby="set-code">
        <Way
          {...way("here")}
          title="On this computer, sealed off"
          about="They cannot open files, reach a network or start other programs."
        >
          {inUse === "elsewhere" && (
            <>
              <div className={s.buttons}>
                <Button look="primary" disabled={save.isPending} onClick={() => use("")}>
                  Use this computer
                </Button>
              </div>
              {refusal}
            </>
          )}
        </Way>
        <Way
          {...way("elsewhere")}
          title="Elsewhere, by a command"
          about="In a container or on another computer. They are sealed off there too."
        >
          <ElsewhereForm inUse={command} saving={save.isPending} onUse={use} onRetry={() => save.reset()} />
          {refusal}
        </Way>
      </div>
    </section>
  );
}

interface WayProps {
  where: Where;
  title: string;
  about: string;
  chosen: boolean;
  inUse: boolean;
  onChoose(): void;
  children: ReactNode;
}

/** One of the two places; its controls show while it is chosen. */
function Way({ where, title, about, chosen, inUse, onChoose, children }: WayProps) {
  const id = useId();
  return (
    <div className={s.way} data-open={chosen || undefined}>
      <div className={c.head}>
        <input
          type="radio"
          name="where-code-runs"
          id={id}
          value={where}
          checked={chosen}
          onChange={onChoose}
          aria-describedby={`${id}-about ${id}-use`}
          data-testid={`code-${where}`}
        />
        <label htmlFor={id}>
          <b>{title}</b>
          <span id={`${id}-about`}>{about}</span>
        </label>
        {inUse && (
          <span className={s.tag} id={`${id}-use`} data-testid="code-in-use">
            <Check size={15} /> In use
          </span>
        )}
      </div>
      {chosen && children && <div className={s.wayBody}>{children}</div>}
    </div>
  );
}

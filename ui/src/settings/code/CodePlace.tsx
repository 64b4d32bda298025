import { useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useId, useRef, useState, type ReactNode } from "react";
import type { Settings } from "../../bindings/Settings";
import { useSaveSettings } from "../../data/queries";
import { Button } from "../../parts/Button";
import { toFailure } from "../../platform";
import c from "./CodePlace.module.css";
import { ElsewhereForm } from "./ElsewhereForm";
import { Refusal } from "./Refusal";
import s from "../Settings.module.css";

type Where = "here" | "elsewhere";

/** Where the programs run that a model writes: here, or where a command leads. */
export function CodePlace({ settings }: { settings: Settings }) {
  const client = useQueryClient();
  const command = settings.repl_command?.trim() ?? "";
  const inUse: Where = command ? "elsewhere" : "here";
  const [looking, setLooking] = useState(inUse);
  const section = useRef<HTMLElement>(null);
  // What went wrong is shown below the button that was pressed; the top of the page may be out of sight.
  const save = useSaveSettings(() => undefined);
  const use = (chosen: string) =>
    save.mutate(
      { ...settings, repl_command: chosen || undefined },
      {
        onSuccess: () => {
          const where = chosen ? "elsewhere" : "here";
          setLooking(where);
          // The button that was pressed may be gone; the focus goes to what is now in use.
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
        <p>To answer questions about many documents, a model writes small programs. This is where they run.</p>
      </header>
      <div className={s.ways} role="radiogroup" aria-labelledby="set-code">
        <Way
          {...way("here")}
          title="On this computer, sealed off"
          about="They can open no file, reach no network and start no other program."
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
          about="In a container or on another computer. Sealed off there too."
        >
          <ElsewhereForm inUse={command} saving={save.isPending} onUse={use} onAnew={() => save.reset()} />
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

/** One of the two, with what belongs to it below while it is looked at. */
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

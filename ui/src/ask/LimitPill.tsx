import { Popover } from "@base-ui/react/popover";
import { useState } from "react";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import m from "../parts/Menu.module.css";
import { dollars } from "../text/format";
import s from "./AskBox.module.css";

/** The cost limit of this question, in US dollars. */
export function LimitPill({ limit, onChange }: { limit: number | undefined; onChange(limit: number | undefined): void }) {
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState("");
  const amount = Number(words.replace(",", "."));
  const valid = words.trim() !== "" && amount > 0;
  const close = (chosen: number | undefined) => {
    onChange(chosen);
    setOpen(false);
  };
  const onOpenChange = (opens: boolean) => {
    setWords(limit?.toFixed(2) ?? "");
    setOpen(opens);
  };
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger className={s.pill}>{limit === undefined ? "No limit" : `Limit ${dollars(limit)}`}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className={m.place}>
          <Popover.Popup className={s.limitPopup} aria-label="Cost limit">
            <form
              className={s.limit}
              onSubmit={(event) => {
                event.preventDefault();
                if (valid) close(amount);
              }}
            >
              <TextField
                label="Cost limit, in US dollars"
                inputMode="decimal"
                placeholder="0.50"
                value={words}
                onChange={(event) => setWords(event.target.value)}
                hint="Never exceeded: Plumb reserves the money before each call."
              />
              <div data-acts>
                <Button look="primary" type="submit" disabled={!valid}>
                  Set limit
                </Button>
                <Button onClick={() => close(undefined)}>Remove limit</Button>
              </div>
            </form>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

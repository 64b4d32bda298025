import { Menu } from "@base-ui/react/menu";
import { Check, ChevronDown } from "lucide-react";
import type { ModeChoice } from "../bindings/ModeChoice";
import m from "../parts/Menu.module.css";
import { MenuPopup } from "../parts/MenuPopup";
import s from "./AskBox.module.css";
import { modeWords } from "./modes";

/** Menu that chooses how the question is answered. */
export function ModePill({ mode, onChange }: { mode: ModeChoice; onChange(mode: ModeChoice): void }) {
  return (
    <Menu.Root>
      <Menu.Trigger className={s.pill} aria-label={`How to answer: ${modeWords[mode].name}`}>
        {modeWords[mode].name}
        <ChevronDown size={13} />
      </Menu.Trigger>
      <MenuPopup offset={6}>
        <Menu.RadioGroup value={mode} onValueChange={onChange}>
          {(Object.keys(modeWords) as ModeChoice[]).map((choice) => (
            <Menu.RadioItem key={choice} value={choice} className={m.choice} closeOnClick>
              <span>{choice === mode && <Check size={14} />}</span>
              <span>
                <b>{modeWords[choice].name}</b>
                <small>{modeWords[choice].about}</small>
              </span>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </MenuPopup>
    </Menu.Root>
  );
}

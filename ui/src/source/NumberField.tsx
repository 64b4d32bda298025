import { useState } from "react";
import { fieldIds, keyLabel, actions } from "../actions";
import { withKeys } from "../useActions";
import s from "./SourceTools.module.css";

interface Props {
  label: string;
  /** The current page or line. */
  value: number | undefined;
  most: number | undefined;
  onChoose(number: number): void;

  testid: string;
}

/** A field that shows the current page or line, and goes to the one you type. */
export function NumberField({ label, value, most, onChoose, testid }: Props) {
  const [words, setWords] = useState<string | null>(null);
  const shown = words ?? (value === undefined ? "" : String(value));
  const choose = () => {
    const number = Math.floor(Number(shown.replace(/[\s,.']/g, "")));
    setWords(null);
    if (number >= 1) onChoose(Math.min(number, most ?? number));
  };
  return (
    <input
      id={fieldIds.goTo}
      title={withKeys(actions.goTo.name, keyLabel(actions.goTo.keys))}
      className={s.number}
      style={{ width: `${Math.max(4, String(most ?? value ?? "").length + 2)}ch` }}
      aria-label={label}
      inputMode="numeric"
      autoComplete="off"
      data-testid={testid}
      value={shown}
      onChange={(event) => setWords(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={() => setWords(null)}
      onKeyDown={(event) => {
        if (event.key === "Enter") choose();
        // Inside the field, keys that turn pages or close the document edit the number.
        if (event.key === "Escape" && words === null) return;
        if (event.key === "Escape") setWords(null);
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      }}
    />
  );
}

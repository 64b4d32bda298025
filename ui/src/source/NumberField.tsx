import { useState, type Ref } from "react";
import s from "./SourceTools.module.css";

interface Props {
  label: string;
  /** What is there now; empty where nothing is. */
  value: number | undefined;
  most: number | undefined;
  onChoose(number: number): void;
  ref?: Ref<HTMLInputElement>;
  testid: string;
}

/** A page or a line to go to. */
export function NumberField({ label, value, most, onChoose, ref, testid }: Props) {
  const [words, setWords] = useState<string | null>(null);
  const shown = words ?? (value === undefined ? "" : String(value));
  const choose = () => {
    const number = Math.floor(Number(shown.replace(/[\s,.']/g, "")));
    setWords(null);
    if (number >= 1) onChoose(Math.min(number, most ?? number));
  };
  return (
    <input
      ref={ref}
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
        // Keys that turn pages or close the document are the field's own here.
        if (event.key === "Escape" && words === null) return;
        if (event.key === "Escape") setWords(null);
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      }}
    />
  );
}

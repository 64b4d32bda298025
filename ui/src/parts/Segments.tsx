import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import s from "./Segments.module.css";

interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [value: T, word: string])[];
  onChange(value: T): void;
}

/** A row of options, one of which is chosen. */
export function Segments<T extends string>({ label, value, options, onChange }: Props<T>) {
  const choose = ([chosen]: T[]) => {
    if (chosen) onChange(chosen);
  };
  return (
    <ToggleGroup aria-label={label} value={[value]} onValueChange={choose} className={s.segments}>
      {options.map(([option, word]) => (
        <Toggle key={option} value={option} className={s.segment} data-word={word}>
          {word}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}

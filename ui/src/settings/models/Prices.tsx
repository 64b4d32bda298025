import { TextField } from "../../parts/Field";
import s from "../Settings.module.css";

interface Props {
  reading: string;
  writing: string;
  wrong: { reading?: string; writing?: string } | undefined;
  /** Placeholders, shown while the fields are empty. */
  shown?: { reading: string; writing: string };
  hint: string;
  onReading(words: string): void;
  onWriting(words: string): void;
}

/** Two fields for a model's price, in US dollars per million tokens. */
export function Prices({ reading, writing, wrong, shown, hint, onReading, onWriting }: Props) {
  const unknown = "Unknown";
  return (
    <div className={s.pair}>
      <TextField
        label="Price of reading"
        hint={wrong?.reading ?? hint}
        aria-invalid={wrong?.reading ? true : undefined}
        inputMode="decimal"
        value={reading}
        placeholder={shown?.reading ?? unknown}
        onChange={(event) => onReading(event.target.value)}
      />
      <TextField
        label="Price of writing"
        hint={wrong?.writing ?? "In US dollars per million tokens. Costs and limits depend on it."}
        aria-invalid={wrong?.writing ? true : undefined}
        inputMode="decimal"
        value={writing}
        placeholder={shown?.writing ?? unknown}
        onChange={(event) => onWriting(event.target.value)}
      />
    </div>
  );
}

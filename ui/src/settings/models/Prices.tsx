import { TextField } from "../../parts/Field";
import s from "../Settings.module.css";

interface Props {
  reading: string;
  writing: string;
  wrong: { reading?: string; writing?: string } | undefined;
  /** What stands there while nothing is typed. */
  shown?: { reading: string; writing: string };
  hint: string;
  onReading(words: string): void;
  onWriting(words: string): void;
}

/** What a model costs, as the person says. */
export function Prices({ reading, writing, wrong, shown, hint, onReading, onWriting }: Props) {
  const unknown = "Not known";
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
        hint={wrong?.writing ?? "US dollars per million tokens. So that cost and limits are exact."}
        aria-invalid={wrong?.writing ? true : undefined}
        inputMode="decimal"
        value={writing}
        placeholder={shown?.writing ?? unknown}
        onChange={(event) => onWriting(event.target.value)}
      />
    </div>
  );
}

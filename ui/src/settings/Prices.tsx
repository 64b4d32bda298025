import type { ModelFacts } from "../bindings/ModelFacts";
import { TextField } from "../parts/Field";
import { dayName } from "../spending/months";
import s from "./Settings.module.css";

interface Props {
  facts: ModelFacts | undefined;
  input: string;
  output: string;
  onInput(words: string): void;
  onOutput(words: string): void;
}

/** What the model costs: as Plumb knows it, with the day of its table, or as the person says. */
export function Prices({ facts, input, output, onInput, onOutput }: Props) {
  const known = facts?.price;
  const shown = (amount: number | undefined) => (amount === undefined ? "Not known" : `$${amount}`);
  return (
    <div className={s.pair}>
      <TextField
        label="Price of reading"
        hint={origin(facts)}
        inputMode="decimal"
        value={input}
        placeholder={shown(known?.input)}
        onChange={(event) => onInput(event.target.value)}
      />
      <TextField
        label="Price of writing"
        hint="US dollars per million tokens. So that cost and limits are exact."
        inputMode="decimal"
        value={output}
        placeholder={shown(known?.output)}
        onChange={(event) => onOutput(event.target.value)}
      />
    </div>
  );
}

function origin(facts: ModelFacts | undefined): string {
  switch (facts?.price_from) {
    case "table":
      return `As listed on ${dayName(facts.prices_as_of)} ${facts.prices_as_of.slice(0, 4)}; type to say another.`;
    case "file":
      return "As you wrote it down in models.toml.";
    case "here":
      return "Free: it runs on this computer.";
    default:
      return "Optional. Without it, a cost limit cannot be kept.";
  }
}

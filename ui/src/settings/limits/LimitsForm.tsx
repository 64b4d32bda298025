import { useState } from "react";
import type { Limits } from "../../bindings/Limits";
import type { Settings } from "../../bindings/Settings";
import { useSaveSettings } from "../../data/queries";
import { Button } from "../../parts/Button";
import { TextField } from "../../parts/Field";
import { typedAmount } from "../../text/amount";
import s from "../Settings.module.css";

const fields = [
  { name: "max_cost_usd", label: "Cost, in US dollars", optional: true, per: 1, least: 0 },
  { name: "timeout_s", label: "Time, in minutes", optional: false, per: 60, least: 0 },
  { name: "max_tokens", label: "Tokens", optional: true, per: 1, least: 1, about: "A page of text has about 500." },
  {
    name: "max_turns",
    label: "Steps",
    optional: false,
    per: 1,
    least: 1,
    about: "How often the model may look into the documents.",
  },
  {
    name: "max_calls",
    label: "Sub-calls",
    optional: false,
    per: 1,
    least: 0,
    about: "How often it may ask a model about one piece of text.",
  },
  {
    name: "concurrency",
    label: "Sub-calls at the same time",
    optional: false,
    per: 1,
    least: 1,
    about: "A higher number is faster if the provider allows it.",
  },
] as const;

type Words = Record<(typeof fields)[number]["name"], string>;

/** The limits of new questions. */
export function LimitsForm({ settings }: { settings: Settings }) {
  const save = useSaveSettings();
  const [words, setWords] = useState<Words>(
    () =>
      Object.fromEntries(
        fields.map(({ name, per }) => [
          name,
          settings.limits[name] === undefined ? "" : String((settings.limits[name] ?? 0) / per),
        ]),
      ) as Words,
  );
  const wrong = fields.filter((field) => problem(field, words[field.name]));
  const changed = fields.some(
    ({ name, per }) => words[name] !== (settings.limits[name] === undefined ? "" : String((settings.limits[name] ?? 0) / per)),
  );
  const submit = () => {
    const given = fields.map(({ name, per }) => {
      const value = toNumber(words[name]) * per;
      return [name, words[name].trim() === "" ? undefined : name === "max_cost_usd" ? value : Math.round(value)] as const;
    });
    const limits = { ...settings.limits, ...Object.fromEntries(given) } as Limits;
    save.mutate({ ...settings, limits });
  };
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong.length === 0) submit();
      }}
    >
      <div className={s.three}>
        {fields.map((field) => (
          <TextField
            key={field.name}
            label={field.label}
            inputMode="decimal"
            value={words[field.name]}
            placeholder={field.optional ? "No limit" : undefined}
            aria-invalid={!!problem(field, words[field.name]) || undefined}
            hint={problem(field, words[field.name]) ?? ("about" in field ? field.about : undefined)}
            onChange={(event) => setWords({ ...words, [field.name]: event.target.value })}
          />
        ))}
      </div>
      <div className={s.buttons}>
        <Button look={changed ? "primary" : "outline"} type="submit" disabled={!changed || wrong.length > 0}>
          Save limits
        </Button>
      </div>
    </form>
  );
}

const toNumber = (words: string) => typedAmount(words) ?? NaN;

function problem(field: (typeof fields)[number], words: string): string | undefined {
  if (words.trim() === "") return field.optional ? undefined : "Enter a number.";
  const value = toNumber(words);
  if (
    !Number.isFinite(value) ||
    value < 0 ||
    (field.least > 0 && value < field.least) ||
    (field.name === "timeout_s" && value === 0)
  )
    return field.least > 0 ? `Enter a number from ${field.least}.` : "Enter a number above 0.";
  return undefined;
}

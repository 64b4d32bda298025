import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import type { ModelFacts } from "../../bindings/ModelFacts";
import type { Strength } from "../../bindings/Strength";
import { Banner } from "../../parts/Banner";
import { Button } from "../../parts/Button";
import { ChoiceField, TextField } from "../../parts/Field";
import { toFailure, usePlatform } from "../../platform";
import { dayName } from "../../spending/months";
import { count } from "../../text/format";
import s from "../Settings.module.css";
import { typedPrice, type Draft } from "./draft";
import { asksForPrice } from "./ModelPrice";
import { Prices } from "./Prices";
import type { Server } from "./useServer";

/** The facts Plumb uses about a model, which you can correct. Closed until you open it. */
export function KnownFacts({ draft, server }: { draft: Draft; server: Server }) {
  const [open, setOpen] = useState(false);
  const { facts } = server;
  if (!facts) return null;
  return (
    <div className={s.known} data-open={open || undefined}>
      <button type="button" className={s.knownHead} aria-expanded={open} onClick={() => setOpen(!open)} data-testid="known">
        <ChevronDown size={14} /> Model details
        {facts.price && !open && <span className="num">{priceWords(facts)}</span>}
      </button>
      {open && (
        <Known
          key={JSON.stringify([draft.provider, draft.name, facts.own])}
          draft={draft}
          facts={facts}
          asks={asksForPrice(draft, server)}
        />
      )}
    </div>
  );
}

const strengths: Readonly<Record<Strength, string>> = {
  small: "Guided step by step, for small models",
  strong: "On its own, for strong models",
  recursive: "On its own, trained for Plumb’s way of working",
};

const shortStrengths: Readonly<Record<Strength, string>> = {
  small: "guided step by step",
  strong: "on its own",
  recursive: "trained for it",
};

/** Plumb decides the strength itself. */
const AUTO = "auto";

/** Changes made here apply at once, wherever this model is used. */
function Known({ draft, facts, asks }: { draft: Draft; facts: ModelFacts; asks: boolean }) {
  const platform = usePlatform();
  const client = useQueryClient();
  const { own } = facts;
  const [window, setWindow] = useState(own.window === undefined ? "" : String(own.window));
  const [strength, setStrength] = useState<Strength | typeof AUTO>(own.strength ?? AUTO);
  const [price, setPrice] = useState({ reading: text(own.price?.input), writing: text(own.price?.output) });
  const tokens = typedTokens(window);
  const typed = typedPrice(price, facts.price);
  const wrong = tokens === null || typed.wrong !== undefined;
  const save = useMutation({
    mutationFn: (said: Pick<ModelFacts["own"], "window" | "strength" | "price">) =>
      platform.call("set_model_facts", { provider: draft.provider, name: draft.name.trim(), own: said }),
    onSuccess: () => Promise.all(["model_facts", "estimate"].map((name) => client.invalidateQueries({ queryKey: [name] }))),
  });
  const said = {
    ...(typeof tokens === "number" && { window: tokens }),
    ...(strength !== AUTO && { strength }),
    ...(asks ? own.price && { price: own.price } : typed.price && { price: typed.price }),
  };
  const isOwn = Object.keys(own).length > 0;
  return (
    <div className={s.knownBody}>
      <div className={s.pair}>
        <TextField
          label="Context window, in tokens"
          inputMode="numeric"
          value={window}
          placeholder={count(facts.window)}
          aria-invalid={tokens === null || undefined}
          hint={tokens === null ? "Enter a whole number from 1,000." : "A page of text has about 500 tokens."}
          onChange={(event) => setWindow(event.target.value)}
        />
        <ChoiceField
          label="How it works"
          value={strength}
          options={[
            { value: AUTO, label: `Automatic: ${shortStrengths[facts.strength]}` },
            ...(["strong", "small", "recursive"] as const).map((value) => ({ value, label: strengths[value] })),
          ]}
          onChange={(chosen) => setStrength(chosen as typeof strength)}
        />
      </div>
      {!asks && (
        <Prices
          {...price}
          wrong={typed.wrong}
          shown={{ reading: shown(facts.price?.input), writing: shown(facts.price?.output) }}
          hint={origin(facts)}
          onReading={(reading) => setPrice({ ...price, reading })}
          onWriting={(writing) => setPrice({ ...price, writing })}
        />
      )}
      {save.error && <Banner title="Plumb could not save this">{toFailure(save.error).message}</Banner>}
      <div className={s.buttons}>
        <Button disabled={wrong || save.isPending} onClick={() => save.mutate(said)} data-testid="known-save">
          Save
        </Button>
        {isOwn && (
          <Button look="quiet" disabled={save.isPending} onClick={() => save.mutate({})} data-testid="known-reset">
            Reset
          </Button>
        )}
        <span className={s.said} role="status">
          {isOwn ? "You have changed some of these details." : ""}
        </span>
      </div>
    </div>
  );
}

const text = (amount: number | undefined) => (amount === undefined ? "" : String(amount));
const shown = (amount: number | undefined) => (amount === undefined ? "Unknown" : `$${amount}`);

/** The typed window in tokens; `undefined` if empty, `null` if it is not a whole number from 1,000. */
function typedTokens(words: string): number | null | undefined {
  const bare = words.trim().replace(/[\s,._]/g, "");
  if (bare === "") return undefined;
  return /^\d{4,9}$/.test(bare) ? Number(bare) : null;
}

function priceWords(facts: ModelFacts): string {
  if (facts.price_from === "here") return "Free: it runs on this computer";
  return `$${facts.price?.input} read, $${facts.price?.output} written, per million tokens`;
}

/** Where the price comes from. */
function origin(facts: ModelFacts): string {
  switch (facts.price_from) {
    case "table":
      return `As listed on ${dayName(facts.prices_as_of)} ${facts.prices_as_of.slice(0, 4)}. Type to use another price.`;
    case "file":
      return "Set by you. Leave it empty for the listed price.";
    case "here":
      return "Free: it runs on this computer.";
    default:
      return "Optional. Without it, Plumb cannot keep a cost limit.";
  }
}

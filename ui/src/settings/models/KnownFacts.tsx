import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import type { ModelFacts } from "../../bindings/ModelFacts";
import type { Strength } from "../../bindings/Strength";
import { Button } from "../../parts/Button";
import { ChoiceField, TextField } from "../../parts/Field";
import { toFailure, usePlatform } from "../../platform";
import { Banner } from "../../parts/Banner";
import { dayName } from "../../spending/months";
import { count } from "../../text/format";
import { typedPrice, type Draft } from "./draft";
import { asksForPrice } from "./ModelPrice";
import { Prices } from "./Prices";
import s from "../Settings.module.css";
import type { Server } from "./useServer";

/** What Plumb goes by with this model, for who knows better. Closed until somebody wants to see it. */
export function KnownFacts({ draft, server }: { draft: Draft; server: Server }) {
  const [open, setOpen] = useState(false);
  const { facts } = server;
  if (!facts) return null;
  return (
    <div className={s.known} data-open={open || undefined}>
      <button type="button" className={s.knownHead} aria-expanded={open} onClick={() => setOpen(!open)} data-testid="known">
        <ChevronDown size={14} /> What Plumb knows of this model
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
  small: "Led step by step, as small models are",
  strong: "On its own, as strong models do",
  recursive: "Trained to work as Plumb does",
};

const inOneWord: Readonly<Record<Strength, string>> = {
  small: "led step by step",
  strong: "on its own",
  recursive: "trained for it",
};

const BY_ITSELF = "by itself";

/** What is changed here holds at once, in every place where this model is used. */
function Known({ draft, facts, asks }: { draft: Draft; facts: ModelFacts; asks: boolean }) {
  const platform = usePlatform();
  const client = useQueryClient();
  const { own } = facts;
  const [window, setWindow] = useState(own.window === undefined ? "" : String(own.window));
  const [strength, setStrength] = useState<Strength | typeof BY_ITSELF>(own.strength ?? BY_ITSELF);
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
    ...(strength !== BY_ITSELF && { strength }),
    ...(asks ? own.price && { price: own.price } : typed.price && { price: typed.price }),
  };
  const isOwn = Object.keys(own).length > 0;
  return (
    <div className={s.knownBody}>
      <div className={s.pair}>
        <TextField
          label="Reads at once, in tokens"
          inputMode="numeric"
          value={window}
          placeholder={count(facts.window)}
          aria-invalid={tokens === null || undefined}
          hint={tokens === null ? "A whole number from 1,000, please." : "A page of text has about 500 tokens."}
          onChange={(event) => setWindow(event.target.value)}
        />
        <ChoiceField
          label="How it works"
          value={strength}
          options={[
            { value: BY_ITSELF, label: `As Plumb sees it: ${inOneWord[facts.strength]}` },
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
      {save.error && <Banner title="This could not be kept">{toFailure(save.error).message}</Banner>}
      <div className={s.buttons}>
        <Button disabled={wrong || save.isPending} onClick={() => save.mutate(said)} data-testid="known-save">
          Keep this
        </Button>
        {isOwn && (
          <Button look="quiet" disabled={save.isPending} onClick={() => save.mutate({})} data-testid="known-reset">
            Back to what Plumb knows
          </Button>
        )}
        <span className={s.said} role="status">
          {isOwn ? "Some of this is what you said." : ""}
        </span>
      </div>
    </div>
  );
}

const text = (amount: number | undefined) => (amount === undefined ? "" : String(amount));
const shown = (amount: number | undefined) => (amount === undefined ? "Not known" : `$${amount}`);

/** `undefined`: nothing was typed; `null`: no model reads so little, or it is no number. */
function typedTokens(words: string): number | null | undefined {
  const bare = words.trim().replace(/[\s,._]/g, "");
  if (bare === "") return undefined;
  return /^\d{4,9}$/.test(bare) ? Number(bare) : null;
}

function priceWords(facts: ModelFacts): string {
  if (facts.price_from === "here") return "Free: it runs on this computer";
  return `$${facts.price?.input} read, $${facts.price?.output} written, a million tokens`;
}

function origin(facts: ModelFacts): string {
  switch (facts.price_from) {
    case "table":
      return `As listed on ${dayName(facts.prices_as_of)} ${facts.prices_as_of.slice(0, 4)}; type to say another.`;
    case "file":
      return "As you said it; leave it empty for the listed price.";
    case "here":
      return "Free: it runs on this computer.";
    default:
      return "Optional. Without it, a cost limit cannot be kept.";
  }
}

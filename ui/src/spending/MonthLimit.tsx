import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Spending } from "../bindings/Spending";
import { report } from "../data/trouble";
import { Banner } from "../parts/Banner";
import { Bar } from "../parts/Bar";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { usePlatform } from "../platform";
import { typedAmount } from "../text/amount";
import { dollars } from "../text/format";
import s from "./Spending.module.css";

/** The monthly cost limit, in US dollars. */
export function MonthLimit({ spending }: { spending: Spending }) {
  const platform = usePlatform();
  const client = useQueryClient();
  const limit = spending.limit_usd;
  const now = limit === undefined ? "" : String(limit);
  const [words, setWords] = useState(now);
  const amount = typedAmount(words);
  const wrong = amount === null || amount === 0;
  const set = useMutation({
    mutationFn: (limit_usd: number | undefined) => platform.call("set_month_limit", limit_usd === undefined ? {} : { limit_usd }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["spending"] }),
    onError: report,
  });
  const part = limit === undefined ? 0 : spending.total.cost_usd / limit;
  return (
    <section className={s.limit} aria-label="Monthly limit">
      {spending.almost_spent && limit !== undefined && (
        <Banner
          calm={part < 1}
          title={part < 1 ? "You have spent most of this month’s limit" : "You have reached this month’s limit"}
          testid="month-warning"
        >
          You have spent {dollars(spending.total.cost_usd)} of {dollars(limit)}. At the limit, questions stop with the best answer
          so far; raise it to continue them.
        </Banner>
      )}
      <form
        className={s.limitForm}
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) set.mutate(amount);
        }}
      >
        <TextField
          label="Monthly limit, in US dollars"
          inputMode="decimal"
          value={words}
          placeholder="No limit"
          aria-invalid={wrong || undefined}
          hint={wrong ? "Enter an amount above 0." : "For all questions together. Plumb reserves the money before each call."}
          onChange={(event) => setWords(event.target.value)}
        />
        <Button
          look={words.trim() === now ? "outline" : "primary"}
          type="submit"
          disabled={wrong || words.trim() === now || set.isPending}
        >
          Save
        </Button>
      </form>
      {limit !== undefined && <Bar label="Share of this month’s limit spent" part={part} warn={spending.almost_spent} />}
    </section>
  );
}

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

/** The most that may be spent in a month. */
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
          title={part < 1 ? "Most of this month's limit is spent" : "This month's limit is reached"}
          testid="month-warning"
        >
          {dollars(spending.total.cost_usd)} of {dollars(limit)}. Questions stop there with the best answer so far, and go on once
          the limit is raised.
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
          hint={wrong ? "An amount above 0, please." : "Kept by all questions together: money is set aside before each call."}
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
      {limit !== undefined && <Bar label="Spent of this month's limit" part={part} warn={spending.almost_spent} />}
    </section>
  );
}

import { useState } from "react";
import type { Spending } from "../bindings/Spending";
import { useNavigation } from "../data/place";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { ChoiceField } from "../parts/Field";
import { Screen } from "../parts/Screen";
import { dollars, plural } from "../text/format";
import { useAction } from "../useActions";
import { Days } from "./Days";
import { MonthLimit } from "./MonthLimit";
import { dayName, daysOf, monthName } from "./months";
import { Shares } from "./Shares";
import s from "./Spending.module.css";
import { useSpending } from "./useSpending";

/** Spending by month: the total, the days, the providers and models, and the monthly limit. */
export function SpendingScreen() {
  const close = useAction("closeScreen");
  const [month, setMonth] = useState<string>();
  const { data, error, refetch } = useSpending(month);
  return (
    <Screen title="Spending" testid="spending" tip={close.tip} onClose={close.run}>
      <div className={s.body}>
        {error && (
          <Banner title="Plumb could not load your spending" acts={<Button onClick={() => void refetch()}>Try again</Button>}>
            {error.message}
          </Banner>
        )}
        {data && <Month spending={data} onMonth={setMonth} />}
      </div>
    </Screen>
  );
}

function Month({ spending, onMonth }: { spending: Spending; onMonth(month: string): void }) {
  const { total, month, today } = spending;
  const now = today.slice(0, 7);
  const months = [...new Set([now, month, ...spending.months.map((m) => m.name)])].sort().reverse();
  return (
    <>
      <header className={s.head}>
        <div>
          <p className={s.when}>{month === now ? "This month" : monthName(month)}</p>
          <p className={`${s.total} num`} data-testid="spending-total">
            {dollars(total.cost_usd)}
          </p>
          <p className={s.about}>{about(spending)}</p>
        </div>
        {months.length > 1 && (
          <ChoiceField
            label="Month"
            value={month}
            options={months.map((value) => ({ value, label: monthName(value) }))}
            onChange={onMonth}
          />
        )}
      </header>
      {total.unpriced_calls > 0 && (
        <p className={s.unknown} data-testid="spending-unknown">
          This total leaves out {plural(total.unpriced_calls, "call")} to a model without a known price. Enter the model’s price
          in Settings to count the next ones.
        </p>
      )}
      {total.calls > 0 && <Days days={daysOf(month, today, spending.days)} />}
      {month === now && <MonthLimit key={spending.limit_usd} spending={spending} />}
      {total.calls > 0 && (
        <div className={s.columns}>
          <Shares title="By provider" shares={spending.providers} />
          <Shares title="By model" shares={spending.models} />
        </div>
      )}
      {spending.runs.length > 0 && <MostExpensive spending={spending} />}
    </>
  );
}

function about({ total, month, today }: Spending): string {
  if (total.calls === 0) {
    return month === today.slice(0, 7)
      ? "You have not called a model yet this month. Ask a question, and its cost appears here."
      : "You called no model that month.";
  }
  const free = total.free_calls > 0 ? `, ${total.free_calls === total.calls ? "all" : total.free_calls} of them free` : "";
  return `${plural(total.calls, "call")} to models${free}, as of ${dayName(today)}.`;
}

function MostExpensive({ spending }: { spending: Spending }) {
  const { go } = useNavigation();
  return (
    <section className={s.shares} aria-label="Most expensive questions">
      <h2>Most expensive questions</h2>
      <ul>
        {spending.runs.map(({ run_id, question, cost_usd }) => (
          <li key={run_id} className={s.run}>
            {question === undefined ? (
              <span className={s.deleted}>A deleted question. Its cost still counts.</span>
            ) : (
              <button
                type="button"
                className="clip"
                title={question}
                onClick={() => go({ screen: "ask", run: run_id, tab: "found", source: null })}
              >
                {question}
              </button>
            )}
            <span className="num">{dollars(cost_usd)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

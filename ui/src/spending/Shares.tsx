import type { NamedSpent } from "../bindings/NamedSpent";
import { dollars, plural, short } from "../text/format";
import s from "./Spending.module.css";

/** Spending by name, with a bar for each share. */
export function Shares({ title, shares }: { title: string; shares: NamedSpent[] }) {
  const most = Math.max(...shares.map((share) => share.cost_usd));
  return (
    <section className={s.shares} aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {shares.map((share) => (
          <li key={share.name}>
            <span className={`${s.who} clip`} title={share.name}>
              {share.name}
            </span>
            <span className="num">{amount(share)}</span>
            <span className={s.track} aria-hidden>
              <span style={{ width: most > 0 ? `${(share.cost_usd / most) * 100}%` : 0 }} />
            </span>
            <small className="num">
              {plural(share.calls, "call")} · {short(share.input_tokens)} tokens read, {short(share.output_tokens)} written
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}

function amount(share: NamedSpent): string {
  if (share.calls === share.unpriced_calls) return "price unknown";
  if (share.calls === share.free_calls) return "free";
  return dollars(share.cost_usd);
}

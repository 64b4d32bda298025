import { count, dollars, plural } from "../text/format";
import { dayName, type Day } from "./months";
import s from "./Spending.module.css";

/** A bar for each day of the month, with a hidden table for screen readers. */
export function Days({ days }: { days: Day[] }) {
  const most = Math.max(...days.map((day) => day.cost), 0.000001);
  const words = (day: Day) => `${dayName(day.day)}: ${dollars(day.cost)}, ${plural(day.calls, "call")}`;
  return (
    <>
      <div className={s.days} aria-hidden data-testid="spending-days">
        <span className={`${s.most} num`}>{dollars(most)}</span>
        {days.map((day) => (
          <span key={day.day} className={s.day} title={day.ahead ? undefined : words(day)}>
            <span className={s.column}>
              <span style={{ height: day.cost > 0 ? `max(2px, ${(day.cost / most) * 100}%)` : 0 }} />
            </span>
            <small className="num">{Number(day.day.slice(8))}</small>
          </span>
        ))}
      </div>
      <table className="unseen">
        <caption>By day</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Cost</th>
            <th scope="col">Calls</th>
          </tr>
        </thead>
        <tbody>
          {days
            .filter((day) => day.calls > 0)
            .map((day) => (
              <tr key={day.day}>
                <th scope="row">{dayName(day.day)}</th>
                <td>{dollars(day.cost)}</td>
                <td>{count(day.calls)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}

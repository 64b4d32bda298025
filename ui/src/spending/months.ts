// Days and months on the spending page.
import type { NamedSpent } from "../bindings/NamedSpent";

/** A day of a month, with its spending. */
export interface Day {
  /** `2026-11-22`. */
  day: string;
  cost: number;
  calls: number;
  /** The day is in the future. */
  ahead: boolean;
}

/** Every day of a month such as `2026-11`. */
export function daysOf(month: string, today: string, days: NamedSpent[]): Day[] {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const spent = new Map(days.map((day) => [day.name, day]));
  return Array.from({ length: last }, (_, at) => {
    const day = `${month}-${String(at + 1).padStart(2, "0")}`;
    return { day, cost: spent.get(day)?.cost_usd ?? 0, calls: spent.get(day)?.calls ?? 0, ahead: day > today };
  });
}

// Dates without a time: UTC keeps every time zone from moving them to another day.
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
const monthFormat = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

/** "2026-11-02" -> "2 November" */
export const dayName = (day: string) => dayFormat.format(new Date(day));

/** "2026-11" -> "November 2026" */
export const monthName = (month: string) => monthFormat.format(new Date(`${month}-01`));

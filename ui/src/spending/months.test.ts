import { expect, test } from "vitest";
import { dayName, daysOf, monthName } from "./months";

const spent = { cost_usd: 0.5, calls: 3, free_calls: 0, unpriced_calls: 0, input_tokens: 1, output_tokens: 1 };

test("a month has all of its days, and marks future ones", () => {
  const days = daysOf("2026-02", "2026-02-20", [{ name: "2026-02-03", ...spent }]);
  expect(days).toHaveLength(28);
  expect(days[2]).toEqual({ day: "2026-02-03", cost: 0.5, calls: 3, ahead: false });
  expect([days[19]?.ahead, days[20]?.ahead]).toEqual([false, true]);
  expect(daysOf("2028-02", "2026-02-20", [])).toHaveLength(29);
});

test("no time zone moves a day or month", () => {
  expect([dayName("2026-11-02"), monthName("2026-11")]).toEqual(["2 November", "November 2026"]);
});

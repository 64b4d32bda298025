import { expect, test } from "vitest";
import { typedAmount } from "./amount";

test("an amount is read with a sign of dollars, a decimal comma, or neither", () => {
  expect(["3", "$3", "$ 3", "US$3", "3 $", "3 USD", "3,50", "0.25", ",5", " 2. "].map(typedAmount)).toEqual([
    3, 3, 3, 3, 3, 3, 3.5, 0.25, 0.5, 2,
  ]);
});

test("what is no amount is told apart from nothing", () => {
  expect(["", "  "].map(typedAmount)).toEqual([undefined, undefined]);
  for (const wrong of ["$", "abc", "-1", "1,000.50", "3 or 4", "1e3", "€3", "Infinity"])
    expect(typedAmount(wrong), wrong).toBeNull();
});

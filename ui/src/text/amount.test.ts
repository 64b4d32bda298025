import { expect, test } from "vitest";
import { typedAmount } from "./amount";

test("dollar signs and decimal commas are understood", () => {
  expect(["3", "$3", "$ 3", "US$3", "3 $", "3 USD", "3,50", "0.25", ",5", " 2. "].map(typedAmount)).toEqual([
    3, 3, 3, 3, 3, 3, 3.5, 0.25, 0.5, 2,
  ]);
});

test("an unreadable amount differs from an empty field", () => {
  expect(["", "  "].map(typedAmount)).toEqual([undefined, undefined]);
  for (const wrong of ["$", "abc", "-1", "1,000.50", "3 or 4", "1e3", "€3", "Infinity"])
    expect(typedAmount(wrong), wrong).toBeNull();
});

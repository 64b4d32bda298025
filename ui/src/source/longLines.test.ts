import { expect, test } from "vitest";
import type { Lines } from "../bindings/Lines";
import { isCut, lineOf } from "./longLines";

const part = (start_line: number, lines: string[], cut: Lines["cut"] = []): Lines => ({
  path: "a.log",
  start_line,
  total_lines: 400,
  lines,
  cut,
  digest: "d",
  places: [],
  kind: "text",
  notes: [],
});

test("a line comes with the number of missing characters", () => {
  const parts = [part(1, ["one", "two"], [{ line: 2, missing: 1_234_567 }]), part(201, ["three"])];
  expect(lineOf(parts, 1)).toEqual({ text: "one", missing: 0 });
  expect(lineOf(parts, 2)).toEqual({ text: "two", missing: 1_234_567 });
  expect(lineOf(parts, 201)).toEqual({ text: "three", missing: 0 });
  expect(lineOf(parts, 202)).toBeUndefined();
  expect(lineOf([], 1)).toBeUndefined();
});

test("cited lines are cut if one of them is", () => {
  const text = part(1, ["one", "two"], [{ line: 2, missing: 5 }]);
  expect([isCut(text, 1, 1), isCut(text, 1, 2), isCut(text, 2, 2), isCut(text, 3, 9)]).toEqual([false, true, true, false]);
});

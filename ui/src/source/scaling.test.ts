import { expect, test } from "vitest";
import { heightOf, lineAt, TALLEST, topOf } from "./scaling";

const short = { total: 1000, row: 20, view: 600 };
const long = { total: 50_000_000, row: 20, view: 600 };

test("a text that can be drawn is as tall as its lines", () => {
  expect(heightOf(short)).toBe(20_000);
  expect(lineAt(4000, short)).toBe(200);
  expect(topOf(200, short)).toBe(4000);
});

test("a longer one has a bar of fixed height, from its first line to its last", () => {
  expect(heightOf(long)).toBe(TALLEST);
  expect(lineAt(0, long)).toBe(0);
  expect(lineAt(TALLEST - long.view, long)).toBe(long.total - 30);
  expect(lineAt(TALLEST, long)).toBe(long.total - 30);
});

test("near its ends it is true to scale", () => {
  expect(topOf(477, long)).toBe(9540);
  expect(lineAt(9540, long)).toBe(477);
  expect(topOf(long.total - 30 - 100, long)).toBeCloseTo(TALLEST - long.view - 2000, 3);
});

test("there and back is the same line", () => {
  for (const line of [0, 1, 12_345_678, 49_999_970]) expect(lineAt(topOf(line, long), long)).toBeCloseTo(line, 3);
});

test("what fits needs no scroll bar", () => {
  const few = { total: 3, row: 20, view: 600 };
  expect(heightOf(few)).toBe(600);
  expect(lineAt(50, few)).toBe(0);
  expect(topOf(2, few)).toBe(0);
});

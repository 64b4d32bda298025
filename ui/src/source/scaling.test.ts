import { expect, test } from "vitest";
import { heightOf, lineAt, MAX_HEIGHT_PX, topOf } from "./scaling";

const short = { total: 1000, row: 20, view: 600 };
const long = { total: 50_000_000, row: 20, view: 600 };

test("a text that fits the limit is as tall as its lines", () => {
  expect(heightOf(short)).toBe(20_000);
  expect(lineAt(4000, short)).toBe(200);
  expect(topOf(200, short)).toBe(4000);
});

test("a longer text has a fixed height from first to last line", () => {
  expect(heightOf(long)).toBe(MAX_HEIGHT_PX);
  expect(lineAt(0, long)).toBe(0);
  expect(lineAt(MAX_HEIGHT_PX - long.view, long)).toBe(long.total - 30);
  expect(lineAt(MAX_HEIGHT_PX, long)).toBe(long.total - 30);
});

test("both ends are true to scale", () => {
  expect(topOf(477, long)).toBe(9540);
  expect(lineAt(9540, long)).toBe(477);
  expect(topOf(long.total - 30 - 100, long)).toBeCloseTo(MAX_HEIGHT_PX - long.view - 2000, 3);
});

test("a line maps to a position and back", () => {
  for (const line of [0, 1, 12_345_678, 49_999_970]) expect(lineAt(topOf(line, long), long)).toBeCloseTo(line, 3);
});

test("a text that fits the view needs no scroll bar", () => {
  const few = { total: 3, row: 20, view: 600 };
  expect(heightOf(few)).toBe(600);
  expect(lineAt(50, few)).toBe(0);
  expect(topOf(2, few)).toBe(0);
});

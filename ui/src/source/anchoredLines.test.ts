import { expect, test } from "vitest";
import { drawnFrom } from "./anchoredLines";

const scale = (total: number) => ({ total, row: 20, view: 600 });

test("a short text is drawn whole, a long one in a window", () => {
  expect(drawnFrom(99, scale(300))).toEqual({ first: 0, count: 300, whole: true });
  expect(drawnFrom(1_000, scale(50_000_000))).toEqual({ first: 1_000, count: 90, whole: false });
  expect(drawnFrom(50_000_000, scale(50_000_000))).toEqual({ first: 49_999_910, count: 90, whole: false });
});

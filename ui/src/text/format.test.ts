import { expect, test } from "vitest";
import { between, bytes, dayOf, dollars, duration, firstLine, short } from "./format";

test("times have the unit that suits their length", () => {
  expect([230, 41_300, 192_000, 3_720_000].map(duration)).toEqual(["0.2 s", "41 s", "3 min 12 s", "1 h 2 min"]);
  expect(duration(59_800)).toBe("60 s");
  expect(duration(119_800)).toBe("2 min 0 s");
});

test("small amounts are never shown as nothing", () => {
  expect([0, 0.00001, 0.0034, 0.07, 12.5].map(dollars)).toEqual(["$0.00", "under $0.0001", "$0.0034", "$0.07", "$12.50"]);
});

test("an estimate is a range, and no finer than cents", () => {
  const ranges = [between(0.0371, 0.1249), between(0.0001, 0.004), between(0.002, 0.5), between(0.02, 0.02), between(1, 12.5)];
  expect(ranges).toEqual(["$0.04–0.13", "under $0.01", "$0–0.50", "$0.02", "$1.00–12.50"]);
});

test("large numbers are shortened", () => {
  expect([950, 12_400, 1_900_000].map(short)).toEqual(["950", "12.4 K", "1.9 M"]);
  expect(bytes(1_117_320_768)).toBe("1.1 GB");
});

test("a question is listed under the day it was asked", () => {
  const noon = new Date(2026, 10, 18, 12).getTime();
  const days = [0, 13, 24 * 3, 24 * 30].map((hours) => dayOf(noon - hours * 3_600_000, noon));
  expect(days).toEqual(["Today", "Yesterday", "This week", "Older"]);
});

test("the first line with letters or digits is taken", () => {
  expect(firstLine("\n---\n  Two found\nthree")).toBe("Two found");
});

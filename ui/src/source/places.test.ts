import { expect, test } from "vitest";
import { firstLineOf, headingAt, pageOf, rowAt } from "./places";

const pages = [
  { line: 1, place: "page 1" },
  { line: 40, place: "page 2" },
  { line: 41, place: "page 3" },
];
const sheets = [
  { line: 1, place: "sheet Budget", row: 1 },
  { line: 4, place: "sheet Budget", row: 9 },
  { line: 7, place: "sheet Meters", row: 2 },
];

test("a line has a page, and a page has a first line", () => {
  expect([1, 39, 40, 41, 900].map((line) => pageOf(pages, line))).toEqual([1, 1, 2, 3, 3]);
  expect(pageOf([], 7)).toBe(1);
  expect([1, 2, 3, 4].map((page) => firstLineOf(pages, page))).toEqual([1, 40, 41, 1]);
});

test("rows are counted from the last mark, across gaps", () => {
  expect([1, 3, 4, 6, 7].map((line) => rowAt(sheets, line))).toEqual([1, 3, 9, 11, 2]);
  expect(rowAt(pages, 3)).toBeUndefined();
});

test("a sheet's name is above its first row only", () => {
  expect([1, 2, 4, 7].map((line) => headingAt(sheets, line))).toEqual(["sheet Budget", undefined, undefined, "sheet Meters"]);
});

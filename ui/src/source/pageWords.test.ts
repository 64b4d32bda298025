import { expect, test } from "vitest";
import type { WordOnPage } from "../bindings/WordOnPage";
import { imageWidth, runsOf, trueWidth } from "./pageWords";

const word = (line: number, text: string, left: number, top: number, width = 0.05): WordOnPage => ({
  line,
  text,
  area: [left, top, width, 0.02],
});

test("words of a line form one run, each as wide as to the next", () => {
  const [run, ...others] = runsOf([word(7, "not", 0.1, 0.2), word(7, "less", 0.16, 0.201), word(7, "than", 0.22, 0.2)], 1.4);
  expect(others).toEqual([]);
  expect(run?.words.map(({ text }) => text)).toEqual(["not", "less", "than"]);
  expect(run?.words.map(({ width }) => Number(width.toFixed(3)))).toEqual([0.06, 0.06, 0.05]);
  expect([run?.left, run?.top].map(Number)).toEqual([0.1, 0.2]);
  expect(run?.width).toBeCloseTo(0.17);
  expect(run?.height).toBeCloseTo(0.021);
});

test("a new line, a new column or a word to the left starts a run", () => {
  const words = [
    word(1, "a", 0.1, 0.2),
    word(2, "b", 0.2, 0.2),
    word(2, "c", 0.6, 0.2),
    word(2, "d", 0.5, 0.2),
    word(2, "e", 0.1, 0.24),
  ];
  expect(runsOf(words, 1.4).map((run) => run.words.map(({ text }) => text).join(" "))).toEqual(["a", "b", "c", "d", "e"]);
});

test("image widths grow in steps up to a maximum", () => {
  expect(imageWidth(380, 1)).toBe(480);
  expect(imageWidth(380, 2)).toBe(800);
  expect(imageWidth(9000, 2)).toBe(4000);
  expect([trueWidth(612), trueWidth(842), trueWidth(undefined)].map(Math.round)).toEqual([816, 1123, 793]);
});

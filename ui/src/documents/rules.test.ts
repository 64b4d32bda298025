import { expect, test } from "vitest";
import { byRules, rules, wouldAdd } from "./rules";

const leftOut = [
  { reason: "hidden", files: 3 },
  { reason: "named by .gitignore or .ignore", files: 1 },
  { reason: "the inside of .git", files: 1 },
];

test("each rule knows its own files", () => {
  expect(byRules(leftOut)).toBe("3 hidden, 1 ignored, 1 in .git");
  expect(rules.map((rule) => wouldAdd(rule, leftOut))).toEqual([
    "Adds 3 files and folders.",
    "Adds 1 file or folder.",
    "Adds 1 file or folder.",
  ]);
  expect(rules.map((rule) => wouldAdd(rule, []))[0]).toBe("There are none here.");
});

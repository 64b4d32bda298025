import { expect, test } from "vitest";
import type { LeftOutByRule } from "../bindings/LeftOutByRule";
import { byRules, rules, wouldAdd } from "./rules";

const leftOut: LeftOutByRule[] = [
  { rule: "hidden", files: 3 },
  { rule: "ignored", files: 1 },
  { rule: "git", files: 1 },
];

test("each rule counts its own files", () => {
  expect(byRules(leftOut)).toBe("3 hidden, 1 ignored, 1 in .git");
  expect(rules.map((rule) => wouldAdd(rule, leftOut))).toEqual([
    "Adds 3 files and folders.",
    "Adds 1 file or folder.",
    "Adds 1 file or folder.",
  ]);
  expect(rules.map((rule) => wouldAdd(rule, []))[0]).toBe("There are none here.");
});

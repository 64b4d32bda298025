import { expect, test } from "vitest";
import { changedWords } from "./changedWords";

const source = (path: string, gone = false) => ({ path, gone });

test("changed and missing sources are named", () => {
  expect(changedWords([source("notes/a.txt")])).toBe("1 source has changed since this answer: a.txt");
  expect(changedWords([source("a.txt"), source("b.pdf", true)])).toBe(
    "2 sources have changed since this answer: a.txt, b.pdf (gone)",
  );
  expect(changedWords([source("a.txt", true)])).toBe("1 source of this answer is gone: a.txt");
  const many = Array.from({ length: 8 }, (_, i) => source(`${i}.txt`));
  expect(changedWords(many)).toMatch(/^8 sources .*: 0\.txt, .*, 4\.txt and 3 more$/);
});

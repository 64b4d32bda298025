import { expect, test } from "vitest";
import { pieces } from "./python";

test("no character of the code is lost", () => {
  const code = 'for p in files():  # all\n    x = f"a{p}\\"" + \'é\'\n    y = """open';
  expect(
    pieces(code)
      .map((p) => p.text)
      .join(""),
  ).toBe(code);
});

test("strings, numbers, keywords and REPL names are recognised", () => {
  expect(pieces('for x in grep("renew", 40):').filter((p) => p.kind !== "plain")).toEqual([
    { kind: "keyword", text: "for" },
    { kind: "keyword", text: "in" },
    { kind: "name", text: "grep" },
    { kind: "text", text: '"renew"' },
    { kind: "number", text: "40" },
  ]);
});

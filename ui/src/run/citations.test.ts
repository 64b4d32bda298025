import type { Root } from "hast";
import { expect, test } from "vitest";
import type { Citation } from "../bindings/Citation";
import { asPlainText, places, rehypeCitations, takeCitations } from "./citations";

const found = (path: string, start: number, end: number): Citation => ({
  path,
  place: `lines ${start}–${end}`,
  start_line: start,
  end_line: end,
  quote: "",
  verified: "place_found",
  digest: "",
});

test("places are numbered in order; equal places share a number", () => {
  const { cited } = takeCitations("A[[a.md#L1-L2]] b[[src/__init__.py#L7]] again[[a.md#L1-L2]]", [], false);
  expect(cited.map((c) => [c.number, c.path, c.startLine, c.endLine])).toEqual([
    [1, "a.md", 1, 2],
    [2, "src/__init__.py", 7, 7],
    [1, "a.md", 1, 2],
  ]);
  expect(places(cited).map((c) => c.number)).toEqual([1, 2]);
});

test("each place is matched to its resolved citation", () => {
  const { cited } = takeCitations("[[b.md#L3]] [[a.md#L1]]", [found("b.md", 3, 3), found("a.md", 1, 1)], false);
  expect(cited.map((c) => c.found?.path)).toEqual(["b.md", "a.md"]);
});

test("a place cited twice keeps the check of each mark", () => {
  const marks = [
    { ...found("a.md", 1, 1), verified: "quote_found" as const },
    { ...found("a.md", 1, 1), verified: "not_found" as const },
  ];
  const { cited } = takeCitations("“true”[[a.md#L1]] “made up”[[a.md#L1]]", marks, false);
  expect(cited.map((c) => [c.number, c.found?.verified])).toEqual([
    [1, "quote_found"],
    [1, "not_found"],
  ]);
});

test("a document cited without lines is matched", () => {
  const { cited } = takeCitations("[[a.md]]", [found("a.md", 1, 90)], false);
  expect(cited[0]?.found?.end_line).toBe(90);
});

test("an unfinished mark is not shown", () => {
  expect(takeCitations("It renews [[contr", [], true).text).toBe("It renews ");
  expect(takeCitations("It renews [", [], true).text).toBe("It renews ");
  expect(takeCitations("see [note]", [], false).text).toBe("see [note]");
});

test("the clipboard gets numbers and a list of places", () => {
  expect(asPlainText("Yes.[[a.md#L1-L2]]", [found("a.md", 1, 2)])).toBe("Yes.[1]\n\n[1] a.md, lines 1–2");
});

test("a chip is tied to the word before it", () => {
  const { text, cited } = takeCitations("Nine litres [[a.md#L1]] each[[a.md#L2]].", [], false);
  const tree: Root = { type: "root", children: [{ type: "text", value: text }] };
  rehypeCitations(cited.length)(tree);
  const words = tree.children.flatMap((c) => (c.type === "text" ? [c.value] : []));
  expect(words).toEqual(["Nine litres\u00a0", " each\u2060", "."]);
});

test("marks become elements, also inside code", () => {
  const { text, cited } = takeCitations("[[a.md#L1]]", [], false);
  const tree: Root = {
    type: "root",
    children: [{ type: "element", tagName: "code", properties: {}, children: [{ type: "text", value: text }] }],
  };
  rehypeCitations(cited.length)(tree);
  expect(tree.children).toEqual([{ type: "element", tagName: "cite", properties: { dataIndex: "0" }, children: [] }]);
});

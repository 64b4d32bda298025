import { expect, test } from "vitest";
import type { DocumentEntry } from "../bindings/DocumentEntry";
import { canOpen, chooser, countsOf, noteOf } from "./states";

const entry = (path: string, kind: string, state: DocumentEntry["state"], more: Partial<DocumentEntry> = {}): DocumentEntry => ({
  path,
  bytes: 1,
  kind,
  kind_name: kind,
  state,
  ...more,
});

const listed = [
  entry("a.txt", "text", "text"),
  entry("b.pdf", "pdf", "listed"),
  entry("scan.pdf", "pdf", "no_text", { reason: "no text on its pages" }),
  entry("sheet.png", "image", "skipped", { reason: "an image" }),
  entry("locked.docx", "docx", "failed", { reason: "protected with a password" }),
  entry("all.zip", "zip", "opened"),
  entry("half.pdf", "pdf", "extracted", { doubts: ["1 of 2 pages has no text: page 2"], scans: 1 }),
];

test("every document counts as readable or left out", () => {
  expect(countsOf(listed)).toEqual({ all: 6, readable: 3, left_out: 3, problems: 3, unread: 1, pictures: 3 });
});

test("documents match by state and by every word of their path", () => {
  const found = (shown: Parameters<typeof chooser>[0], sought: string) =>
    listed.filter((e) => chooser(shown, sought)?.(e) ?? true).map((e) => e.path);
  expect(found("all", "")).toHaveLength(7);
  expect(found("problems", "")).toEqual(["scan.pdf", "locked.docx", "half.pdf"]);
  expect(found("left_out", "PDF")).toEqual(["scan.pdf"]);
  expect(found("all", "pdf ha")).toEqual(["half.pdf"]);
});

test("only a document with something to note has a note", () => {
  expect(listed.map((e) => noteOf(e)?.text)).toEqual([
    undefined,
    "Not read yet",
    "No text on its pages",
    "Not read",
    "Protected with a password",
    "Contains documents",
    "1 of 2 pages has no text: page 2",
  ]);
  expect(listed.map((e) => noteOf(e)?.weight)).toEqual([undefined, "quiet", "problem", "quiet", "problem", "quiet", "doubt"]);
});

test("a PDF without text can be opened", () => {
  expect(listed.filter(canOpen).map((e) => e.path)).toEqual(["a.txt", "b.pdf", "scan.pdf", "half.pdf"]);
});

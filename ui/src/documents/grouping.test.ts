import { expect, test } from "vitest";
import type { DocumentEntry } from "../bindings/DocumentEntry";
import { group, rowsOf } from "./grouping";

const entry = (path: string, kind = "text", state: DocumentEntry["state"] = "text"): DocumentEntry => ({
  path,
  bytes: 1,
  kind,
  kind_name: kind,
  state,
});

const listed = [
  entry("a.txt"),
  entry("backup.zip", "zip", "opened"),
  entry("backup.zip-notes.txt"),
  entry("backup.zip/inner.zip", "zip", "opened"),
  entry("backup.zip/inner.zip/deep/note.txt"),
  entry("backup.zip/papers/offer.pdf", "pdf"),
  entry("reports/offer.eml", "mail", "extracted"),
  entry("reports/offer.eml/terms.docx", "docx", "extracted"),
];

test("members are listed below their container", () => {
  const rows = rowsOf(group(listed));
  expect(rows.map((row) => [row.depth, row.folder, row.name, row.members])).toEqual([
    [0, "", "a.txt", 0],
    [0, "", "backup.zip", 3],
    [1, "", "inner.zip", 1],
    [2, "deep", "note.txt", 0],
    [1, "papers", "offer.pdf", 0],
    [0, "", "backup.zip-notes.txt", 0],
    [0, "reports", "offer.eml", 1],
    [1, "", "terms.docx", 0],
  ]);
});

test("a folded container hides its members at any depth", () => {
  const rows = rowsOf(group(listed), { opened: new Map([["backup.zip", false]]) });
  expect(rows.map((row) => row.name)).toEqual(["a.txt", "backup.zip", "backup.zip-notes.txt", "offer.eml", "terms.docx"]);
  expect(rows[1]?.open).toBe(false);
});

test("a match is shown below its containers", () => {
  const rows = rowsOf(group(listed), { wanted: ({ path }) => path.endsWith("note.txt") });
  expect(rows.map((row) => [row.name, row.aside])).toEqual([
    ["backup.zip", true],
    ["inner.zip", true],
    ["note.txt", false],
  ]);
});

test("a container with many documents starts folded", () => {
  const mails = Array.from({ length: 30 }, (_, i) => entry(`inbox.mbox/${i}.eml`, "mail"));
  const rows = rowsOf(group([entry("inbox.mbox", "mailbox", "opened"), ...mails]));
  expect(rows.map((row) => [row.name, row.members, row.open])).toEqual([["inbox.mbox", 30, false]]);
});

test("a hundred thousand documents are grouped within a second", () => {
  const many = Array.from({ length: 100_000 }, (_, i) => entry(`folder-${i % 300}/sub/report-${i}.zip/${i}.txt`));
  const start = performance.now();
  expect(rowsOf(group([entry("folder-1", "zip"), ...many])).length).toBeGreaterThan(90_000);
  expect(performance.now() - start).toBeLessThan(1000);
});

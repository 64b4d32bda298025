import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";
import type { DocumentEntry } from "../../bindings/DocumentEntry";
import type { Fault } from "../../bindings/Fault";
import { beginExamining, endExamining, examining, listUpdater, takeExamined } from "./examining";

const update = (done: number, more: { ended?: boolean; fault?: Fault } = {}) =>
  ({ type: "examined", library: "1", done, all: 10, ended: false, ...more }) as const;

beforeEach(() => endExamining("1"));

test("progress shows from the click until the end", () => {
  beginExamining("1");
  expect(examining.get()).toEqual({ 1: { done: 0, all: 0 } });
  takeExamined(update(4));
  expect(examining.get()["1"]).toEqual({ done: 4, all: 10 });
  takeExamined(update(0, { ended: true }));
  expect(examining.get()["1"]).toBeUndefined();
});

test("an error stays until the next attempt", () => {
  takeExamined(update(0, { ended: true, fault: { code: "disk_full", message: "The disk is full." } }));
  expect(examining.get()["1"]?.fault?.code).toBe("disk_full");
  beginExamining("1");
  expect(examining.get()["1"]?.fault).toBeUndefined();
});

const entry = (path: string, state: DocumentEntry["state"]): DocumentEntry => ({
  path,
  bytes: 1,
  kind: "text",
  kind_name: "Text",
  state,
});

test("read documents change in their own list once a second", () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const states = () => client.getQueryData<{ entries: DocumentEntry[] }>(["documents", "1"])?.entries.map(({ state }) => state);
  client.setQueryData(["documents", "1"], { entries: [entry("a", "listed"), entry("b", "listed"), entry("c", "listed")] });
  const updateList = listUpdater(client);
  updateList({ ...update(1), documents: [entry("a", "text")] });
  updateList({ ...update(2), documents: [entry("c", "failed"), entry("of another listing", "text")] });
  updateList({ ...update(2), library: "2", documents: [entry("b", "text")] });
  expect(states()).toEqual(["listed", "listed", "listed"]);
  vi.advanceTimersByTime(1000);
  expect(states()).toEqual(["text", "listed", "failed"]);
  expect(client.getQueryData(["documents", "2"])).toBeUndefined();
  updateList({ ...update(3), documents: [entry("b", "text")] });
  updateList(update(0, { ended: true }));
  vi.advanceTimersByTime(1000);
  expect(states()).toEqual(["text", "listed", "failed"]);
  vi.useRealTimers();
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Run } from "../../bindings/Run";
import type { Platform } from "../../platform";
import { worked } from "../../run/fixture";
import { RunLogs } from "./runLog";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const answering = (run: Pick<Run, "events" | "partials">): Platform =>
  ({ call: () => Promise.resolve({ summary: { run_id: "r" }, ...run }) }) as unknown as Platform;

test("events that arrive during reading appear once, in order", async () => {
  const events = worked();
  const logs = new RunLogs(answering({ events: events.slice(0, 10), partials: [] }));
  const store = logs.open("r");
  for (const event of events.slice(8, 12)) logs.take({ type: "event", run: "r", event });
  await vi.runAllTimersAsync();
  expect(store.get().events.map((e) => e.seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("pieces of a reply add up until the reply is complete", async () => {
  const events = worked();
  const logs = new RunLogs(answering({ events: events.slice(0, 4), partials: [{ node: 0, text: "Fir" }] }));
  const store = logs.open("r");
  await vi.runAllTimersAsync();
  logs.take({ type: "delta", run: "r", node: 0, text: "st a" });
  await vi.runAllTimersAsync();
  expect(store.get().partials).toEqual({ "0": "First a" });
  for (const event of events.slice(4, 5)) logs.take({ type: "event", run: "r", event });
  await vi.runAllTimersAsync();
  expect(store.get().partials).toEqual({});
});

test("a run that cannot be read says why", async () => {
  const logs = new RunLogs({
    call: () => Promise.reject({ code: "no_such_run", message: "There is no such question." }),
  } as unknown as Platform);
  const store = logs.open("r");
  await vi.runAllTimersAsync();
  expect(store.get().failure?.code).toBe("no_such_run");
});

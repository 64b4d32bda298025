import { beforeEach, expect, test } from "vitest";
import { beginExamining, endExamining, examining, takeExamined } from "./examining";

const update = (done: number, more: { ended?: boolean; fault?: { code: string; message: string } } = {}) =>
  ({ type: "examined", library: "1", done, all: 10, ended: false, ...more }) as const;

beforeEach(() => endExamining("1"));

test("it is shown from the press of the button until its end", () => {
  beginExamining("1");
  expect(examining.get()).toEqual({ 1: { done: 0, all: 0 } });
  takeExamined(update(4));
  expect(examining.get()["1"]).toEqual({ done: 4, all: 10 });
  takeExamined(update(0, { ended: true }));
  expect(examining.get()["1"]).toBeUndefined();
});

test("a bad end stays until the next attempt", () => {
  takeExamined(update(0, { ended: true, fault: { code: "disk_full", message: "The disk is full." } }));
  expect(examining.get()["1"]?.fault?.code).toBe("disk_full");
  beginExamining("1");
  expect(examining.get()["1"]?.fault).toBeUndefined();
});

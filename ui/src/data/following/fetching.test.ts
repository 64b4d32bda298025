import { beforeEach, expect, test } from "vitest";
import type { Fault } from "../../bindings/Fault";
import { clearFetch, fetching, takeFetch } from "./fetching";

const update = (bytes_here: number, more: { done?: boolean; fault?: Fault } = {}) =>
  ({ type: "fetch", id: "m", bytes_here, bytes: 1000, done: false, ...more }) as const;

beforeEach(() => clearFetch("m"));

test("the speed is measured over the last seconds", () => {
  takeFetch(update(0), 0);
  takeFetch(update(200), 1000);
  takeFetch(update(600), 2000);
  expect(fetching.get().m?.speed).toBe(300);
});

test("a count that starts again is the verification", () => {
  takeFetch(update(1000), 0);
  takeFetch(update(100), 10);
  takeFetch(update(900), 20);
  expect(fetching.get().m?.checking).toBe(true);
});

test("a pause is no error; an error stays until the next attempt", () => {
  takeFetch(update(500), 0);
  takeFetch(update(500, { done: true, fault: { code: "stopped", message: "Stopped." } }), 10);
  expect(fetching.get().m).toBeUndefined();
  takeFetch(update(500, { done: true, fault: { code: "unreachable", message: "No connection." } }), 20);
  expect(fetching.get().m?.fault?.code).toBe("unreachable");
  clearFetch("m");
  expect(fetching.get().m).toBeUndefined();
});

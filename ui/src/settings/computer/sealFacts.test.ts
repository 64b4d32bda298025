import { expect, test } from "vitest";
import type { Check } from "../../bindings/Check";
import { sealFacts } from "./sealFacts";

const check = (id: string, found: string, ok = true): Check => ({ id, name: `name of ${id}`, ok, found });

test("layers are split, but not inside brackets", () => {
  const { layers } = sealFacts([check("seal", "resource limits, namespaces (user, network, IPC, host name), Landlock")]);
  expect(layers).toEqual(["resource limits", "namespaces (user, network, IPC, host name)", "Landlock"]);
});

test("each attempt is paired with the kernel's answer", () => {
  const { attempts } = sealFacts([
    check("seal_attempt", "it tried to open a file: Operation not permitted (os error 1)"),
    check("seal_attempt", "it tried to start a process: it could", false),
  ]);
  expect(attempts).toEqual([
    { what: "open a file", answer: "Operation not permitted (os error 1)", refused: true },
    { what: "start a process", answer: "it could", refused: false },
  ]);
});

test("a refusal is paired with the layer's name", () => {
  const { alone } = sealFacts([
    check("seal_alone", "namespaces (user, network): 127.0.0.1: Network is unreachable (os error 101)"),
    check("seal_alone", "in words that are not expected"),
  ]);
  expect(alone).toEqual([
    { layer: "namespaces (user, network)", refused: "127.0.0.1: Network is unreachable (os error 101)" },
    { layer: "name of seal_alone", refused: "in words that are not expected" },
  ]);
});

test("a broken seal and other checks are shown as they are", () => {
  const checks = [check("seal", "no worker", false), check("elsewhere", "ok"), check("new_one", "x")];
  const { layers, others } = sealFacts(checks);
  expect([layers, others]).toEqual([[], checks]);
});

test("a missing layer is named and is no fault", () => {
  expect(sealFacts([check("seal_layer", "not available here: Landlock: too old")]).missing).toEqual(["Landlock: too old"]);
});

import { expect, test } from "vitest";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Settings } from "../../bindings/Settings";
import { atAddress, atProvider, choiceOf, draftOf, givenKey, named, problem, typedPrice, withKey, type Draft } from "./draft";
import { afterChange, another, piecesOf, type Pieces } from "./pieces";

const full: Draft = {
  provider: "openai",
  address: "",
  name: "gpt-5",
  key: "sk-typed",
  variable: "OPENAI_API_KEY",
  reading: "1",
  writing: "2",
};

test("another provider gets no key and no price", () => {
  expect(atProvider("ollama", "llama")).toEqual({ ...draftOf(undefined, "ollama"), name: "llama" });
  expect(givenKey(atProvider("ollama"), undefined)).toBeUndefined();
});

test("another address gets no key and no price", () => {
  const moved = atAddress(full, "https://example.org/v1");
  expect(moved).toEqual({ ...draftOf(undefined, "openai"), name: "gpt-5", address: "https://example.org/v1" });
  expect(givenKey(moved, undefined)).toBeUndefined();
  expect(atAddress(full, " ").key).toBe("sk-typed");
});

test("another model of a server keeps the key, not the price", () => {
  expect(named(full, "gpt-6")).toEqual({ ...full, name: "gpt-6", reading: "", writing: "" });
  expect(named(full, "gpt-5 ").reading).toBe("1");
});

test("a key from the environment stays with the server in use", () => {
  const inUse: ModelChoice = { provider: "openai", name: "gpt-5", key: { kind: "env", variable: "MINE" } };
  const draft = draftOf(inUse, "openai");
  expect(givenKey(draft, inUse)).toEqual({ kind: "env", variable: "MINE" });
  expect(givenKey(atAddress(draft, "https://example.org/v1"), inUse)).toBeUndefined();
  expect(givenKey(atProvider("mistral"), inUse)).toBeUndefined();
  expect(withKey(full, "sk-new").variable).toBeUndefined();
});

test("an unreadable or half price is reported at its field", () => {
  const price = (reading: string, writing: string, known?: { input: number; output: number }) =>
    typedPrice({ reading, writing }, known);
  expect(price("", "")).toEqual({});
  expect(price("$3", "3,50")).toEqual({ price: { input: 3, output: 3.5 } });
  expect(Object.keys(price("three", "x").wrong ?? {})).toEqual(["reading", "writing"]);
  expect(Object.keys(price("3", "").wrong ?? {})).toEqual(["writing"]);
  expect(Object.keys(price("", "3").wrong ?? {})).toEqual(["reading"]);
  expect(price("3", "", { input: 1, output: 2 })).toEqual({ price: { input: 3, output: 2 } });
  const draft = { ...full, reading: "3", writing: "" };
  expect(problem(draft, undefined, true, undefined)).toBe("Enter the server's address first");
  expect(problem({ ...draft, address: "https://a.example" }, undefined, true, undefined)).toBe("Check the price");
  expect(choiceOf({ ...full, reading: "$3", writing: "9" }, { kind: "none" }, undefined)).toEqual({
    provider: "openai",
    name: "gpt-5",
    key: { kind: "none" },
    price: { input: 3, output: 9 },
  });
});

const settings = (model: ModelChoice, sub_model?: ModelChoice) => ({ model, sub_model }) as Settings;
const remote = (provider: string, name: string): ModelChoice => ({ provider, name, key: { kind: "keychain" } });

test("the model for pieces is read from the settings", () => {
  const way = (sub?: ModelChoice) => piecesOf(settings(remote("openai", "a"), sub), "openai").way;
  expect([way(), way(remote("openai", "a")), way(remote("openai", "b")), way(remote("mistral", "a"))]).toEqual([
    "same",
    "same",
    "other",
    "own",
  ]);
  const here = piecesOf(settings(remote("openai", "a"), { provider: "local", name: "qwen", key: { kind: "none" } }), "openai");
  expect([here.way, here.here]).toEqual(["here", "qwen"]);
});

test("a change of the main model drops only its server's model", () => {
  const of = (way: Pieces["way"]): Pieces => ({ way, draft: { ...full, name: "small" }, here: "" });
  for (const now of [atProvider("mistral"), atAddress(full, "http://localhost:1/v1"), named(full, "gpt-6")]) {
    expect(afterChange(of("other"), full, now)).toEqual({ way: "same", draft: draftOf(undefined, now.provider), here: "" });
    expect(afterChange(of("own"), full, now)).toEqual(of("own"));
  }
  expect(afterChange(of("other"), full, withKey(full, "sk-2"))).toEqual(of("other"));
  expect(another(of("own"), full, "gpt-5-mini").draft).toEqual({ ...draftOf(undefined, "openai"), name: "gpt-5-mini" });
});

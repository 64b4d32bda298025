import { expect, test, vi } from "vitest";
import { actionFor, actions, focusedKeys, keyLabel, keysOf, type Action, type Situation } from "./actions";
import { start, type Place, type SourcePlace } from "./data/place";

const all = Object.values<Action>(actions);
const source: SourcePlace = { path: "a.md", startLine: 1, endLine: 1 };

const at = (place: Partial<Place>, running: string | null = null) => {
  const situation = { place: { ...start, ...place }, running, go: vi.fn(), addFolder: vi.fn(), stop: vi.fn() };
  return situation satisfies Situation;
};

test("no two actions share keys", () => {
  const keys = [...all, ...Object.values(focusedKeys)].flatMap((action) => action.keys ?? []);
  expect(new Set(keys).size).toBe(keys.length);
});

test("every action has a name of its own", () => {
  const names = [...all, ...Object.values(focusedKeys)].map((action) => action.name.trim());
  expect(names.every((name) => name !== "")).toBe(true);
  expect(new Set(names).size).toBe(names.length);
});

test("Esc takes one step back at a time", () => {
  const open: Partial<Place> = { source, aside: true };
  const next = (place: Partial<Place>, running?: string) => {
    const situation = at(place, running);
    actionFor("escape", situation)?.run(situation);
    return [situation.go.mock.calls, situation.stop.mock.calls];
  };
  expect(next({ ...open, screen: "settings" }, "r")).toEqual([[[{ screen: "ask" }]], []]);
  expect(next(open, "r")).toEqual([[], [["r"]]]);
  expect(next(open)).toEqual([[[{ source: null }]], []]);
  expect(next({ aside: true })).toEqual([[[{ aside: false }]], []]);
  expect(actionFor("escape", at({}))).toBeUndefined();
});

test("a tip names Esc only where Esc does it next", () => {
  expect(keysOf(actions.closeSource, at({ source }))).toBe("escape");
  expect(keysOf(actions.closeSource, at({ source }, "r"))).toBeUndefined();
  expect(keysOf(actions.stop, at({ source }, "r"))).toBe("escape");
  expect(keysOf(actions.openSettings, at({}))).toBe("ctrl+,");
});

test("an action that is not available has no keys", () => {
  expect(actionFor("ctrl+g", at({}))).toBeUndefined();
  expect(actionFor("ctrl+g", at({ source, tab: "source" }))).toBe(actions.goTo);
  expect(actionFor("ctrl+g", at({ source, tab: "found" }))).toBeUndefined();
});

test("keys are shown as they are printed on a keyboard", () => {
  const shown = ["ctrl+k", "ctrl+,", "escape", "pageup", "+", "delete"].map((keys) => keyLabel(keys).replace("⌘", "Ctrl"));
  expect(shown).toEqual(["Ctrl K", "Ctrl ,", "Esc", "Page Up", "+", "Delete"]);
});

// Every action of the window: its name, its keys, when it is available, and what it runs. Shortcuts, buttons, tips and menus read this list.
import type { Navigation } from "./data/place";

/** Everything that decides which actions are available, and what they need to run. */
export interface Situation extends Pick<Navigation, "place" | "go" | "addFolder"> {
  /** The open run, while it is in progress. */
  running: string | null;
  stop(run: string): void;
}

export interface Action {
  name: string;
  /** Lower case, as in `ctrl+k` and `escape`. On a Mac, Command counts as Ctrl. */
  keys?: string;
  isAvailable(situation: Situation): boolean;
  run(situation: Situation): void;
}

/** Ids of the fields that an action moves the focus to. */
export const fieldIds = { findQuestion: "find", goTo: "go-to" } as const;

const always = () => true;
const focus = (id: string) => document.getElementById(id)?.focus();
const isAsking = ({ place }: Situation) => place.screen === "ask";

const closeScreen: Action = {
  name: "Close this screen",
  isAvailable: (situation) => !isAsking(situation),
  run: ({ go }) => go({ screen: "ask" }),
};
const stop: Action = {
  name: "Stop",
  isAvailable: (situation) => isAsking(situation) && situation.running !== null,
  run: ({ running, stop: stopRun }) => running !== null && stopRun(running),
};
const closeSource: Action = {
  name: "Close the document",
  isAvailable: (situation) => isAsking(situation) && situation.place.source !== null,
  run: ({ go }) => go({ source: null }),
};
const hideInspector: Action = {
  name: "Hide sources and steps",
  isAvailable: (situation) => isAsking(situation) && situation.place.aside,
  run: ({ go }) => go({ aside: false }),
};

/** Actions that Esc runs: the first available one, so that each press takes you one step back. */
const wayBack: readonly Action[] = [closeScreen, stop, closeSource, hideInspector];
const nextBack = (situation: Situation) => wayBack.find((action) => action.isAvailable(situation));

export const actions = {
  newQuestion: {
    name: "New question",
    keys: "ctrl+n",
    isAvailable: always,
    run: ({ go }) => go({ screen: "ask", run: null, source: null, tab: "source", draft: { question: "" } }),
  },
  findQuestion: {
    name: "Search past questions",
    keys: "ctrl+k",
    isAvailable: always,
    run: () => focus(fieldIds.findQuestion),
  },
  addFolder: { name: "Add a folder", keys: "ctrl+o", isAvailable: always, run: ({ addFolder }) => addFolder() },
  openSettings: { name: "Open settings", keys: "ctrl+,", isAvailable: always, run: ({ go }) => go({ screen: "settings" }) },
  openSpending: { name: "Open spending", isAvailable: always, run: ({ go }) => go({ screen: "spending" }) },
  goTo: {
    name: "Go to a page or line",
    keys: "ctrl+g",
    isAvailable: (situation) => isAsking(situation) && situation.place.source !== null && situation.place.tab === "source",
    run: () => focus(fieldIds.goTo),
  },
  showInspector: {
    name: "Show sources and steps",
    isAvailable: (situation) => isAsking(situation) && !situation.place.aside,
    run: ({ go }) => go({ aside: true }),
  },
  closeScreen,
  stop,
  closeSource,
  hideInspector,
  back: {
    name: "Go one step back",
    keys: "escape",
    isAvailable: (situation) => nextBack(situation) !== undefined,
    run: (situation) => nextBack(situation)?.run(situation),
  },
} as const satisfies Record<string, Action>;

export type ActionName = keyof typeof actions;

/** Keys that work only while one part of the window has the focus. That part runs them; the list names them. */
export const focusedKeys = {
  ask: { name: "Ask", keys: "enter" },
  remove: { name: "Remove from the list", keys: "delete" },
  previousPage: { name: "Previous page", keys: "pageup" },
  nextPage: { name: "Next page", keys: "pagedown" },
  zoomIn: { name: "Zoom in", keys: "+" },
  zoomOut: { name: "Zoom out", keys: "-" },
} as const;

/** The available action with these keys. */
export const actionFor = (keys: string, situation: Situation): Action | undefined =>
  Object.values<Action>(actions).find((action) => action.keys === keys && action.isAvailable(situation));

/** The keys that run an action now. Esc counts only for the action that it would run next. */
export function keysOf(action: Action, situation: Situation): string | undefined {
  return action.keys ?? (nextBack(situation) === action ? actions.back.keys : undefined);
}

const words: Readonly<Record<string, string>> = {
  escape: "Esc",
  pageup: "Page Up",
  pagedown: "Page Down",
};
const isMac = /Mac/.test(globalThis.navigator?.platform ?? "");

/** Keys as they are shown: "ctrl+k" -> "Ctrl K", or "⌘ K" on a Mac. */
export const keyLabel = (keys: string): string =>
  keys
    .split(/\+(?=.)/)
    .map((key) => (key === "ctrl" ? (isMac ? "⌘" : "Ctrl") : (words[key] ?? key.charAt(0).toUpperCase() + key.slice(1))))
    .join(" ");

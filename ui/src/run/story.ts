// The steps of a run as sentences.
import type { Finish } from "../bindings/Finish";
import type { NodeId } from "../bindings/NodeId";
import { fileName, firstLine, plural, short } from "../text/format";
import {
  addUp,
  cellCost,
  turnCost,
  type Call,
  type Cell,
  type RunNode,
  type RunView,
  type Search,
  type Turn,
  type Wait,
} from "./fold";

export type Kind = "look" | "search" | "ask" | "code" | "think" | "trouble" | "answer";

export interface Step {
  /** `cell:0:2`, `turn:0:1`, … The same key wherever the step is shown. */
  key: string;
  kind: Kind;
  title: string;
  detail?: string;
  start: number;
  end?: number;
  running: boolean;
  /** In US dollars; `null` if a price is unknown, absent if the step is free. */
  cost?: number | null;
  /** The model's words beside its code. */
  said?: string;
  cell?: Cell;
  /** Keys of the calls and turns that are part of this step. */
  holds: string[];
}

export const turnKey = (node: NodeId, turn: number) => `turn:${node}:${turn}`;
export const cellKey = (node: NodeId, cell: number) => `cell:${node}:${cell}`;
export const callKey = (id: number) => `call:${id}`;

/** Keys of a call and of everything its helper did. */
export function within(view: RunView, id: number): string[] {
  const child = view.calls.get(id)?.child;
  const node = child === undefined ? undefined : view.nodes.get(child);
  if (!node) return [callKey(id)];
  const cells = node.turns.flatMap((turn) => [
    turnKey(node.id, turn.turn),
    ...turn.cells.flatMap((cell) => [cellKey(node.id, cell.cell), ...cell.calls.flatMap((call) => within(view, call))]),
  ]);
  return [callKey(id), `node:${node.id}`, ...cells];
}

/** The steps of a node: the root, or a helper. */
export function story(view: RunView, id: NodeId): Step[] {
  const node = view.nodes.get(id);
  const steps = [
    ...(id === 0 ? opening(view, node) : []),
    ...(node ? node.turns.flatMap((turn) => turnSteps(view, node, turn)) : []),
  ];
  for (const { seq, at, node: of, fault } of view.notes) {
    if (of !== id) continue;
    const title = fault ? fault.message : "Went on after an interruption";
    steps.push({ key: `note:${seq}`, kind: fault ? "trouble" : "look", title, start: at, end: at, running: false, holds: [] });
  }
  for (const wait of view.waits) {
    if (wait.node !== id) continue;
    const { seq, at } = wait;
    const end = Math.min(wait.until, Math.max(at, view.length));
    steps.push({ key: `wait:${seq}`, kind: "trouble", title: waitWords(wait), start: at, end, running: false, holds: [] });
  }
  steps.sort((a, b) => a.start - b.start);
  if (id === 0 && view.finished) steps.push(ending(view));
  return steps;
}

function opening(view: RunView, node: RunNode | undefined): Step[] {
  if (!view.options) return [];
  const left = view.skipped > 0 ? `, ${view.skipped} left out` : "";
  const first = node?.turns[0]?.start;
  const steps: Step[] = [
    {
      key: "look",
      kind: "look",
      title: view.documents === 1 ? "Looked at the document" : "Looked at the folder",
      detail: `${plural(view.documents, "document")}, about ${short(view.tokensEstimate)} tokens${left}`,
      start: 0,
      end: first ?? (view.finished ? view.length : undefined),
      running: first === undefined && !view.finished,
      holds: ["node:0"],
    },
  ];
  if (view.modeReason) {
    const title = view.mode === "direct" ? "Chose to read everything at once" : "Chose to work step by step";
    steps.push({ key: "route", kind: "look", title, detail: view.modeReason, start: 0, end: 0, running: false, holds: [] });
  }
  if (node && node.searches.length > 0) {
    const at = node.searches[0]?.at ?? 0;
    steps.push({
      key: "peek",
      kind: "search",
      ...lookedUp(node.searches),
      start: at,
      end: node.searches.at(-1)?.at,
      running: false,
      holds: [],
    });
  }
  return steps;
}

function turnSteps(view: RunView, node: RunNode, turn: Turn): Step[] {
  const key = turnKey(node.id, turn.turn);
  const running = turn.end === undefined && !view.finished;
  if (!turn.reply) {
    const direct = view.mode === "direct";
    const lost = turn.lost.at(-1);
    const title = running
      ? direct
        ? "Reading the text and writing the answer"
        : "Thinking about the next step"
      : lost
        ? "The model's reply broke off"
        : "Broke off while thinking";
    const cost = lost && turnCost(view, turn);
    return [
      {
        key,
        kind: lost && !running ? "trouble" : "think",
        title,
        said: lost?.text,
        start: turn.start,
        end: turn.end,
        running,
        cost,
        holds: [],
      },
    ];
  }
  if (turn.cells.length === 0) {
    const last = node.turns.at(-1) === turn;
    const read = readAnswer(turn.reply.text);
    const title =
      read !== undefined
        ? "Read the passages that fit best"
        : view.mode === "direct" && node.id === 0
          ? "Read the text and wrote the answer"
          : last && view.finished
            ? "Wrote a reply"
            : "Replied without taking a step";
    return [
      {
        key,
        kind: "think",
        title,
        detail: read === "" ? "They do not say it" : whyEnded(turn.reply.finish),
        said: read ?? turn.reply.text,
        start: turn.start,
        end: turn.end,
        running: false,
        cost: turnCost(view, turn),
        holds: [],
      },
    ];
  }
  const said = prose(turn.reply.text);
  return turn.cells.map((cell, i): Step => {
    const own = cellCost(view, cell);
    const thinking = i === 0 ? (turn.reply?.cost ?? null) : 0;
    return {
      key: cellKey(node.id, cell.cell),
      ...describe(view, cell),
      start: i === 0 ? turn.start : cell.start,
      end: cell.end,
      running: cell.end === undefined && !view.finished,
      cost: addUp([own, thinking]),
      said: i === 0 ? said : undefined,
      cell,
      holds: [key, ...cell.calls.flatMap((call) => within(view, call))],
    };
  });
}

/** Why a reply is incomplete; `undefined` if it is complete. */
export const whyEnded = (finish: Finish | undefined) =>
  finish === "length"
    ? "The reply was cut off at the model's greatest length"
    : finish === "refused"
      ? "The model refused to answer"
      : undefined;

/** Describes a cell by the most important thing it did. */
export function describe(view: RunView, cell: Cell): { kind: Kind; title: string; detail?: string } {
  const running = cell.end === undefined;
  const { outcome } = cell;
  const calls = cell.calls.map((id) => view.calls.get(id)).filter((c): c is Call => c !== undefined);
  if (calls.length > 0) return asked(calls, running);
  if (outcome?.error) {
    const title =
      outcome.ending === "interrupted"
        ? "Ran code that was stopped"
        : outcome.ending === "killed"
          ? "Ran code that had to be ended"
          : "Ran code that did not work";
    return { kind: "trouble", title, detail: lastLine(outcome.error) };
  }
  if (outcome?.answer !== undefined && cell.searches.length > 0)
    return { kind: "answer", title: "Put the answer together", detail: searched(cell.searches).title };
  if (cell.searches.length > 0) return { kind: "search", ...searched(cell.searches) };
  if (outcome?.answer !== undefined)
    return { kind: "answer", title: "Put the answer together", detail: firstLine(outcome.output) || undefined };
  if (cell.touched.length > 0) {
    const one = cell.touched.length === 1 ? fileName(cell.touched[0] ?? "") : plural(cell.touched.length, "document");
    return {
      kind: "look",
      title: `${running ? "Reading" : "Read"} ${one}`,
      detail: firstLine(outcome?.output ?? "") || undefined,
    };
  }
  return { kind: "code", title: running ? "Running code" : "Ran code", detail: firstLine(outcome?.output ?? "") || undefined };
}

function asked(calls: Call[], running: boolean): { kind: Kind; title: string; detail?: string } {
  const done = calls.filter((c) => c.state === "done").length;
  const failed = calls.filter((c) => c.state === "failed").length;
  const cutOff = calls.filter((c) => c.finish === "length").length;
  const helpers = calls.every((c) => c.recursive);
  const what = helpers ? plural(calls.length, "helper") : plural(calls.length, "piece");
  const together = overlap(calls) ? ", at the same time" : "";
  const title = helpers
    ? `${running ? "Setting" : "Set"} ${what} to work${together}`
    : `${running ? "Asking" : "Asked"} the model about ${what}${together}`;
  const state = running
    ? `${done} of ${calls.length} answered`
    : failed > 0
      ? `${failed} of ${calls.length} got no answer`
      : cutOff > 0
        ? `${cutOff} of ${calls.length} cut off at the model's greatest length`
        : undefined;
  return { kind: "ask", title, detail: state ?? firstLine(calls[0]?.promptHead ?? "") };
}

const overlap = (calls: Call[]) => calls.some((call, i) => i > 0 && call.start < (calls[i - 1]?.end ?? Infinity));

function searched(searches: Search[]): { title: string; detail: string } {
  const queries = [...new Set(searches.map((s) => s.query))];
  const named = queries
    .slice(0, 3)
    .map((q) => `“${firstLine(q, 60)}”`)
    .join(", ");
  const more = queries.length > 3 ? ` and ${queries.length - 3} more` : "";
  const hits = searches.reduce((sum, s) => sum + s.hits, 0);
  const where = searches.length === 1 && searches[0] ? ` in ${plural(searches[0].documents, "document")}` : "";
  return { title: `Searched for ${named}${more}`, detail: hits === 0 ? "Nothing found" : `${plural(hits, "place")}${where}` };
}

function ending(view: RunView): Step {
  const status = view.finished?.status ?? "answered";
  const places = view.citations.length;
  const quotes = view.citations.filter((c) => c.verified === "quote_found").length;
  const missing = view.citations.filter((c) => c.verified === "not_found").length;
  const came = [quotes > 0 && `${plural(quotes, "quote")} found`, missing > 0 && `${missing} not found`]
    .filter(Boolean)
    .join(", ");
  const titles = { answered: "Answered", limit: "Stopped at a limit", stopped: "You stopped it", failed: "It could not go on" };
  const detail =
    status === "answered"
      ? places > 0
        ? `Looked up ${plural(places, "place")} it names${came && `: ${came}`}`
        : "It names no places"
      : view.finished?.error?.message;
  const kind = status === "answered" ? "answer" : status === "stopped" ? "look" : "trouble";
  return { key: "end", kind, title: titles[status], detail, start: view.length, end: view.length, running: false, holds: [] };
}

/** Describes the engine's own searches before the first turn. */
function lookedUp(searches: Search[]): { title: string; detail: string } {
  return { ...searched(searches), title: "Looked for passages that fit the question" };
}

/** The answer in a reply that was read from passages: empty if they do not contain it, `undefined` for any other reply. */
export function readAnswer(reply: string): string | undefined {
  const words = /^\s*Answer:\s*([\s\S]*)$/.exec(reply)?.[1];
  return words !== undefined && /^not found/i.test(words) ? "" : words;
}

/** The text of a reply outside its code. */
export const prose = (reply: string) => reply.replace(/```[\s\S]*?(?:```|$)/g, "").trim() || undefined;

const lastLine = (text: string) => firstLine(text.trim().split("\n").at(-1) ?? "");

/** Why Plumb waits before it sends again. */
export function waitWords({ asked, code, at, until }: Wait): string {
  const time = `${Math.ceil((until - at) / 1000)} s`;
  if (asked) return `The provider asked us to wait ${time}`;
  return `${whyWait[code] ?? "The provider did not answer as it should"}: trying again in ${time}`;
}

const whyWait: Record<string, string> = {
  rate_limited: "The provider takes no more calls for now",
  unreachable: "The provider’s server cannot be reached for now",
  cut_short: "The reply broke off",
};

/** The current step, as a phrase. `clock` is in milliseconds on the run's own clock. */
export function livePhrase(view: RunView, clock: number): string {
  const wait = view.waits.findLast((w) => w.until > clock);
  if (wait) return waitWords(wait);
  const node = view.nodes.get(0);
  const turn = node?.turns.at(-1);
  if (!node || !turn) return view.options ? "Looking at what is there" : "Beginning";
  const cell = turn.cells.findLast((c) => c.end === undefined);
  if (cell) {
    const { title, detail } = describe(view, cell);
    return cell.calls.length > 0 && detail ? `${title}: ${detail}` : title;
  }
  if (!turn.reply)
    return view.mode === "direct"
      ? "Reading the text"
      : node.turns.length === 1
        ? "Thinking about where to begin"
        : "Thinking about the next step";
  return "Taking the next step";
}

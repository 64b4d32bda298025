// The steps of a run as sentences. Their words come with the events; here they get their times, their costs and their order.
import type { NodeId } from "../bindings/NodeId";
import type { StepKind } from "../bindings/StepKind";
import type { Words } from "../bindings/Words";
import { addUp, cellCost, turnCost, type Cell, type Note, type RunNode, type RunView, type Span, type Turn } from "./fold";

export type Kind = StepKind;

export interface Step extends Span {
  /** `cell:0:2`, `turn:0:1`, … The same key wherever the step is shown. */
  key: string;
  kind: Kind;
  title: string;
  detail?: string | undefined;
  running: boolean;
  /** In US dollars; `null` if a price is unknown, absent if the step is free. */
  cost?: number | null | undefined;
  /** The model's words beside its code. */
  said?: string | undefined;
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

/** The kind and the words of a step; without words where its event has none. */
export function wordsOf(view: RunView, key: string, running: boolean): Words & { kind: Kind } {
  const step = view.steps.get(key);
  const words = (running && step?.running) || step;
  return { kind: step?.kind ?? "think", title: words?.title ?? "", detail: words?.detail };
}

/** Why a call's reply is incomplete; `undefined` if it is complete. */
export const whyIncomplete = (view: RunView, call: number) => view.steps.get(callKey(call))?.title;

/** The steps of a node: the root, or a helper. */
export function story(view: RunView, id: NodeId): Step[] {
  const node = view.nodes.get(id);
  const first = node?.turns[0]?.start ?? (view.finished ? view.length : undefined);
  const looked = { start: node?.searches[0]?.at ?? 0, end: node?.searches.at(-1)?.at };
  const opening = [
    ...told(view, "look", { start: 0, end: first }, { holds: ["node:0"] }),
    ...told(view, "route", { start: 0, end: 0 }),
    ...told(view, "peek", { start: looked.start, end: looked.end ?? looked.start }),
  ];
  const moment = (key: string, { seq, at }: Note, end = at) => told(view, `${key}:${seq}`, { start: at, end });
  const ends = view.exchanges.flatMap(({ end }) => (end ? [end] : []));
  const steps = [
    ...(id === 0 ? opening : []),
    ...(node ? node.turns.flatMap((turn) => turnSteps(view, node, turn)) : []),
    ...view.notes.filter((note) => note.node === id).flatMap((note) => moment("note", note)),
    ...view.waits
      .filter((wait) => wait.node === id)
      .flatMap((wait) => moment("wait", wait, Math.min(wait.until, Math.max(wait.at, view.length)))),
    ...ends.filter((end) => end.node === id).flatMap((end) => moment("end", end)),
  ].sort((a, b) => a.start - b.start);
  const { finished, length } = view;
  return id === 0 && finished ? [...steps, ...told(view, `end:${finished.seq}`, { start: length, end: length })] : steps;
}

/** A step whose event has words for it. */
function told(view: RunView, key: string, { start, end }: Span, more: Partial<Step> = {}): Step[] {
  const words = view.steps.get(key);
  const running = end === undefined && !view.finished;
  return words ? [{ key, start, end, running, holds: [], ...wordsOf(view, key, running), ...more }] : [];
}

function turnSteps(view: RunView, node: RunNode, turn: Turn): Step[] {
  const key = turnKey(node.id, turn.turn);
  if (turn.cells.length === 0) {
    const cost = turn.reply || turn.lost.length > 0 ? turnCost(view, turn) : undefined;
    const text = turn.reply?.text ?? turn.lost.at(-1)?.text;
    return told(view, key, turn, { cost, said: view.steps.get(key)?.said ?? text });
  }
  return turn.cells.flatMap((cell, i) => {
    const thinking = i === 0 ? (turn.reply?.cost ?? null) : 0;
    return told(
      view,
      cellKey(node.id, cell.cell),
      // A step of a plan begins after the turn that chose the plan.
      { start: i === 0 && cell.code ? turn.start : cell.start, end: cell.end },
      {
        cost: addUp([cellCost(view, cell), thinking]),
        cell,
        said: i === 0 ? view.steps.get(key)?.said : undefined,
        holds: [key, ...cell.calls.flatMap((call) => within(view, call))],
      },
    );
  });
}

/** The answer in a reply that is arriving, if it is read from passages; `read_answer` in the engine does the same for a whole reply. */
export function readAnswer(reply: string): string | undefined {
  const words = /^\s*Answer:\s*([\s\S]*)$/.exec(reply)?.[1];
  return words !== undefined && /^not found/i.test(words) ? "" : words;
}

/** The current step, as a phrase. `clock` is in milliseconds on the run's own clock. */
export function livePhrase(view: RunView, clock: number): string {
  const title = (key: string) => wordsOf(view, key, true).title;
  const wait = view.waits.findLast((w) => w.until > clock);
  if (wait) return title(`wait:${wait.seq}`);
  const turn = view.nodes.get(0)?.turns.at(-1);
  if (!turn) return title("look") || "Beginning";
  const cell = turn.cells.findLast((c) => c.end === undefined);
  if (cell) {
    const { title: does, detail } = wordsOf(view, cellKey(0, cell.cell), true);
    return cell.calls.length > 0 && detail ? `${does}: ${detail}` : does;
  }
  return turn.reply ? "Taking the next step" : title(turnKey(0, turn.turn));
}

// A run as a flame chart: time runs from left to right, and calls lie below the step that made them.
import type { NodeId } from "../bindings/NodeId";
import type { RunView, Span } from "./fold";
import { callKey, cellKey, turnKey, wordsOf, type Kind } from "./story";

export interface Bar {
  key: string;
  kind: Kind;
  label: string;
  start: number;
  end: number;
  row: number;
}

/** Lays out the bars. Unfinished bars end at `now`, in milliseconds on the run's own clock. */
export function flame(view: RunView, now: number): { bars: Bar[]; rows: number; length: number } {
  const bars: Bar[] = [];
  const taken: number[] = [];

  // Rows fill from the top; bars that run at the same time are stacked.
  const add = (key: string, kind: Kind, label: string, span: Span, above: number): number => {
    const end = Math.max(span.end ?? now, span.start);
    let row = above;
    while ((taken[row] ?? 0) > span.start) row++;
    taken[row] = end;
    bars.push({ key, kind, label, start: span.start, end, row });
    return row;
  };

  const addNode = (id: NodeId, above: number) => {
    for (const turn of view.nodes.get(id)?.turns ?? []) {
      const thinking = { start: turn.start, end: turn.reply?.at ?? turn.end };
      const label = wordsOf(view, turnKey(id, turn.turn), thinking.end === undefined).title;
      add(turnKey(id, turn.turn), "think", label, thinking, above);
      for (const cell of turn.cells) {
        const { kind, title: label } = wordsOf(view, cellKey(id, cell.cell), cell.end === undefined);
        const row = add(cellKey(id, cell.cell), kind, label, cell, above);
        for (const callId of cell.calls) {
          const call = view.calls.get(callId);
          if (!call) continue;
          const callRow = add(callKey(callId), call.state === "failed" ? "trouble" : "ask", `Call ${callId + 1}`, call, row + 1);
          if (call.child !== undefined) addNode(call.child, callRow + 1);
        }
      }
    }
  };

  const length = Math.max(view.length, now, 1);
  if (view.nodes.size > 0 || view.options) add("node:0", "look", "Answer", { start: 0, end: length }, 0);
  addNode(0, 1);
  return { bars, rows: taken.length, length };
}

/** Round times for the axis, in milliseconds; about `most` of them. */
export function ticks(length: number, most: number): number[] {
  const rough = length / most;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  // From two minutes on, the axis counts in minutes.
  const steps =
    length < 120_000 ? [1, 2, 5, 10].map((n) => n * power) : [0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300].map((n) => n * 60_000);
  const step = steps.find((n) => n >= rough) ?? rough;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);
}

// A run as rows of a tree: the question, its steps, their code, the calls, and the helpers that answer them.
import type { NodeId } from "../bindings/NodeId";
import { firstLine, modelName } from "../text/format";
import { callCost, cellCost, nodeCost, turnCost, type RunView } from "./fold";
import { callKey, cellKey, turnKey, wordsOf, type Kind } from "./story";

export interface TreeRow {
  key: string;
  parent?: string;
  level: number;
  position: number;
  siblings: number;
  kind: Kind;
  label: string;
  detail?: string;
  start: number;
  end?: number;
  running: boolean;
  cost: number | null;
  /** Absent if the row has no children. */
  open?: boolean;
}

/** A piece of code with more calls than this starts folded. */
const MAX_CALLS_UNFOLDED = 40;

/** The visible rows. `toggled` holds the keys of rows that you folded or unfolded. */
export function tree(view: RunView, toggled: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const isOpen = (key: string, initially: boolean) => initially !== toggled.has(key);

  const addNode = (id: NodeId, level: number, place: { parent?: string; position: number; siblings: number }) => {
    const node = view.nodes.get(id);
    if (!node) return;
    const key = `node:${id}`;
    const open = node.turns.length > 0 ? isOpen(key, true) : undefined;
    const label = id === 0 ? "Question" : "Helper";
    const running = node.end === undefined && !view.finished;
    const detail = `${firstLine(node.question, 90)} · ${modelName(node.model)}`;
    rows.push({
      key,
      ...place,
      level,
      kind: "look",
      label,
      detail,
      start: node.start,
      end: node.end,
      running,
      cost: nodeCost(view, id),
      open,
    });
    if (open) node.turns.forEach((_, i) => addTurn(id, i, level + 1, key));
  };

  const addTurn = (id: NodeId, index: number, level: number, parent: string) => {
    const node = view.nodes.get(id);
    const turn = node?.turns[index];
    if (!node || !turn) return;
    const key = turnKey(id, turn.turn);
    const open = turn.cells.length > 0 ? isOpen(key, true) : undefined;
    const running = turn.end === undefined && !view.finished;
    const detail = turn.reply
      ? firstLine((view.steps.get(key)?.said || turn.reply.text).replace(/```\w*|\s*\[\[[^\]]*\]\]/g, ""), 90)
      : running
        ? "waiting for the model"
        : "cut off";
    const place = { parent, position: index + 1, siblings: node.turns.length };
    rows.push({
      key,
      ...place,
      level,
      kind: "think",
      label: `Step ${turn.turn}`,
      detail,
      start: turn.start,
      end: turn.end,
      running,
      cost: turnCost(view, turn),
      open,
    });
    if (open) turn.cells.forEach((_, i) => addCell(id, index, i, level + 1, key));
  };

  const addCell = (id: NodeId, turnIndex: number, index: number, level: number, parent: string) => {
    const turn = view.nodes.get(id)?.turns[turnIndex];
    const cell = turn?.cells[index];
    if (!turn || !cell) return;
    const key = cellKey(id, cell.cell);
    const open = cell.calls.length > 0 ? isOpen(key, cell.calls.length <= MAX_CALLS_UNFOLDED) : undefined;
    const running = cell.end === undefined && !view.finished;
    const { kind, title, detail } = wordsOf(view, key, running);
    const place = { parent, position: index + 1, siblings: turn.cells.length };
    rows.push({
      key,
      ...place,
      level,
      kind,
      label: title,
      detail,
      start: cell.start,
      end: cell.end,
      running,
      cost: cellCost(view, cell),
      open,
    });
    if (open) cell.calls.forEach((call, i) => addCall(call, i, cell.calls.length, level + 1, key));
  };

  const addCall = (id: number, index: number, siblings: number, level: number, parent: string) => {
    const call = view.calls.get(id);
    if (!call) return;
    const key = callKey(id);
    const child = call.child === undefined ? undefined : view.nodes.get(call.child);
    const open = child ? isOpen(key, true) : undefined;
    const broken = call.state === "broken";
    const kind: Kind = call.state === "failed" ? "trouble" : broken ? "look" : "ask";
    const detail = call.error ? call.error.message : `${broken ? "cut off · " : ""}${firstLine(call.promptHead, 90)}`;
    const running = call.state === "running";
    rows.push({
      key,
      parent,
      position: index + 1,
      siblings,
      level,
      kind,
      label: `Call ${id + 1}`,
      detail,
      start: call.start,
      end: call.end,
      running,
      cost: callCost(view, id),
      open,
    });
    if (open && child) addNode(child.id, level + 1, { parent: key, position: 1, siblings: 1 });
  };

  addNode(0, 1, { position: 1, siblings: 1 });
  return rows;
}

// A run is a list of events. Everything on screen about a run is derived from that list here: what happened, when, and at what cost. The words
// of each step and the facts of a run come with the events (crates/rlm/src/record/story.rs).
import type { BlobId } from "../bindings/BlobId";
import type { CallId } from "../bindings/CallId";
import type { CellOutcome } from "../bindings/CellOutcome";
import type { Citation } from "../bindings/Citation";
import type { Fault } from "../bindings/Fault";
import type { Finish } from "../bindings/Finish";
import type { Mode } from "../bindings/Mode";
import type { NodeId } from "../bindings/NodeId";
import type { RunFacts } from "../bindings/RunFacts";
import type { RunOptions } from "../bindings/RunOptions";
import type { RunStatus } from "../bindings/RunStatus";
import type { Step } from "../bindings/Step";
import type { Told } from "../bindings/Told";
import type { Usage } from "../bindings/Usage";

/** A span of time, in milliseconds on the run's own clock: pauses between stopping and resuming do not count. */
export interface Span {
  start: number;
  /** Absent while it lasts. */
  end?: number;
}

export interface Search {
  seq: number;
  at: number;
  query: string;
  hits: number;
  documents: number;
}

export interface Call extends Span {
  id: CallId;
  node: NodeId;
  cell: number;
  model: string;
  prompt: BlobId;
  promptHead: string;
  recursive: boolean;
  text: string;
  error?: Fault;
  cost?: number;
  usage?: Usage;
  finish?: Finish;
  state: "running" | "done" | "failed" | "broken";
  /** The node that answers it, if the call runs a helper with its own REPL. */
  child?: NodeId;
}

export interface Cell extends Span {
  cell: number;
  turn: number;
  /** Empty for a step of a plan. */
  code: string;
  outcome?: CellOutcome;
  calls: CallId[];
  searches: Search[];
  touched: string[];
}

export interface Reply {
  text: string;
  usage: Usage;
  cost?: number;
  finish: Finish;
  at: number;
}

/** A reply that was cut off after it began. Its tokens still cost money. */
export interface Lost {
  text: string;
  usage: Usage;
  cost?: number;
}

export interface Turn extends Span {
  turn: number;
  reply?: Reply;
  lost: Lost[];
  cells: Cell[];
}

export interface RunNode extends Span {
  id: NodeId;
  parent?: CallId;
  depth: number;
  question: string;
  model: string;
  turns: Turn[];
  /** Searches by the engine itself, before the first turn. */
  searches: Search[];
  touched: string[];
}

/** A moment that has a step of its own: a notice, a resume, a follow-up. */
export interface Note {
  seq: number;
  at: number;
  node: NodeId;
}

/** A pause in calls to a model's server. */
export interface Wait extends Note {
  /** End of the pause, in milliseconds on the run's own clock. */
  until: number;
}

/** A question of the conversation, and how it ended. */
export interface Exchange {
  question: string;
  status: RunStatus | null;
  answer: string;
  citations: Citation[];
  error: Fault | null;
  /** The event that ended it; absent if it was interrupted. */
  end?: Note;
}

export interface RunView {
  /** The latest question of the conversation. */
  question: string;
  name: string;
  documents: number;
  skipped: number;
  tokensEstimate: number;
  options?: RunOptions;
  mode?: Mode;
  modeReason?: string;
  nodes: Map<NodeId, RunNode>;
  calls: Map<CallId, Call>;
  citations: Citation[];
  /** Earlier questions of the conversation, oldest first. */
  exchanges: Exchange[];
  /** The latest question as it ended: a run is resumed before its follow-up. */
  ended?: Exchange | undefined;
  /** Steps in words, by key. */
  steps: Map<string, Step>;
  facts?: RunFacts;
  notes: Note[];
  waits: Wait[];
  usage: Usage;
  /** In US dollars; `null` when a price is unknown. */
  cost: number | null;
  /** Sub-calls that this run made. */
  asked: number;
  touched: number;
  /** The answer so far, while the run goes on. */
  draft?: string;
  finished?: { seq: number; status: RunStatus; answer: string; error?: Fault; elapsed: number };
  /** When the run was forked, on its own clock: nothing before was paid here. */
  since: number;
  /** Length of the run so far, in milliseconds on its own clock. */
  length: number;
  /** Time of the last event, in milliseconds since 1970. */
  lastAt: number;
}

const empty = (): RunView => ({
  question: "",
  name: "",
  documents: 0,
  skipped: 0,
  tokensEstimate: 0,
  nodes: new Map(),
  calls: new Map(),
  citations: [],
  exchanges: [],
  steps: new Map(),
  notes: [],
  waits: [],
  usage: { input_tokens: 0, cached_input_tokens: 0, cache_write_tokens: 0, output_tokens: 0 },
  cost: 0,
  asked: 0,
  touched: 0,
  since: 0,
  length: 0,
  lastAt: 0,
});

/** Folds a run's events, in order, into its view. Pass `cutOff` if the run was interrupted without an event that says so. */
export function fold(events: readonly Told[], cutOff = false): RunView {
  const view = empty();
  const first = events[0];
  if (!first) return view;
  let paused = 0;
  for (const event of events) {
    if (event.type === "resumed" || event.type === "forked") paused += Math.max(0, event.at_ms - view.lastAt);
    const at = Math.max(view.length, event.at_ms - first.at_ms - paused);
    view.length = at;
    view.lastAt = event.at_ms;
    apply(view, event, at);
    for (const step of event.steps ?? []) view.steps.set(step.key, step);
    if (event.facts) view.facts = event.facts;
  }
  if (cutOff) breakOff(view, view.length);
  return view;
}

function apply(view: RunView, event: Told, at: number): void {
  const node = view.nodes.get(event.node);
  switch (event.type) {
    case "run_started":
      view.question = event.question;
      view.name = event.name;
      view.options = event.options;
      view.documents = event.documents;
      view.skipped = event.skipped;
      view.tokensEstimate = event.tokens_estimate;
      break;
    case "routed":
      view.mode = event.mode;
      view.modeReason = event.reason;
      break;
    case "node_started": {
      const { parent, depth, question, model } = event;
      view.nodes.set(event.node, {
        id: event.node,
        parent,
        depth,
        question,
        model,
        turns: [],
        searches: [],
        touched: [],
        start: at,
      });
      const call = parent === undefined ? undefined : view.calls.get(parent);
      if (call) call.child = event.node;
      break;
    }
    case "turn_started": {
      if (!node) break;
      node.end = undefined;
      const again = node.turns.findIndex((t) => t.turn === event.turn);
      const turn: Turn = { turn: event.turn, cells: [], lost: node.turns[again]?.lost ?? [], start: at };
      if (again >= 0) node.turns.splice(again, 1, turn);
      else node.turns.push(turn);
      break;
    }
    case "reply": {
      const turn = turnOf(node, event.turn);
      if (turn) {
        turn.reply = { text: event.text, usage: event.usage, cost: event.cost_usd, finish: event.finish, at };
        turn.end = at;
      }
      spend(view, event.usage, event.cost_usd);
      break;
    }
    case "reply_lost": {
      const { text, usage, cost_usd: cost } = event;
      turnOf(node, event.turn)?.lost.push({ text, usage, cost });
      spend(view, usage, cost);
      break;
    }
    case "cell_started":
    case "step_started": {
      const turn = turnOf(node, event.turn);
      if (!turn) break;
      turn.end = undefined;
      const cell: Cell = {
        cell: event.cell,
        turn: event.turn,
        code: event.type === "cell_started" ? event.code : "",
        calls: [],
        searches: [],
        touched: [],
        start: at,
      };
      const again = turn.cells.findIndex((c) => c.cell === event.cell);
      if (again >= 0) turn.cells.splice(again, 1, cell);
      else turn.cells.push(cell);
      break;
    }
    case "cell_finished":
    case "step_finished": {
      const cell = cellOf(node, event.cell);
      if (cell) {
        if (event.type === "cell_finished") cell.outcome = event.outcome;
        cell.end = at;
      }
      const turn = turnOf(node, event.turn);
      if (turn) turn.end = at;
      break;
    }
    case "call_started": {
      const { call: id, cell, model, prompt, prompt_head: promptHead, recursive } = event;
      view.asked += 1;
      view.calls.set(id, {
        id,
        node: event.node,
        cell,
        model,
        prompt,
        promptHead,
        recursive,
        text: "",
        state: "running",
        start: at,
      });
      const asking = cellOf(node, cell);
      if (asking && !asking.calls.includes(id)) asking.calls.push(id);
      break;
    }
    case "call_finished": {
      const call = view.calls.get(event.call);
      if (call) {
        call.text = event.text;
        call.error = event.error;
        call.usage = event.usage;
        call.cost = event.cost_usd;
        call.finish = event.finish;
        call.state = event.error ? "failed" : "done";
        call.end = at;
        const child = call.child === undefined ? undefined : view.nodes.get(call.child);
        if (child) child.end = at;
      }
      spend(view, event.usage, event.cost_usd);
      break;
    }
    case "touched": {
      view.touched += 1;
      const cell = node && openCell(node);
      if (cell) cell.touched.push(event.path);
      else node?.touched.push(event.path);
      break;
    }
    case "searched": {
      const search: Search = { seq: event.seq, at, query: event.query, hits: event.hits, documents: event.documents };
      const cell = event.cell === 0 ? undefined : cellOf(node, event.cell);
      if (cell) cell.searches.push(search);
      else node?.searches.push(search);
      break;
    }
    case "waiting":
      view.waits.push({ seq: event.seq, at, node: event.node, until: at + event.wait_ms });
      break;
    case "drafted":
      view.draft = event.answer;
      break;
    case "notice":
    case "planned":
    case "compacted":
      note(view, event, at);
      break;
    case "resumed":
      reopen(view, at);
      note(view, event, at);
      break;
    case "forked":
      reopen(view, at);
      note(view, event, at);
      Object.assign(view, { usage: empty().usage, cost: 0, asked: 0, since: at });
      break;
    case "followed_up":
      note(view, event, at);
      if (event.node !== 0) break;
      view.exchanges.push(view.ended ?? exchange(view));
      view.ended = undefined;
      reopen(view, at);
      view.question = event.question;
      break;
    case "cited": {
      const { path, place, start_line, end_line, quote, verified, digest, notes } = event;
      view.citations.push({ path, place, start_line, end_line, quote, verified, digest, ...(notes ? { notes } : {}) });
      break;
    }
    case "finished":
      breakOff(view, at);
      view.finished = {
        seq: event.seq,
        status: event.status,
        answer: event.answer,
        error: event.error,
        elapsed: event.elapsed_ms,
      };
      view.ended = { ...exchange(view), end: { seq: event.seq, at, node: event.node } };
      break;
  }
}

const note = (view: RunView, { seq, node }: Told, at: number) => view.notes.push({ seq, at, node });

/** The latest question as it stands. */
const exchange = ({ question, finished, citations }: RunView): Exchange => ({
  question,
  status: finished?.status ?? null,
  answer: finished?.answer ?? "",
  citations,
  error: finished?.error ?? null,
});

/** The run goes on, so how it ended no longer holds. */
function reopen(view: RunView, at: number): void {
  breakOff(view, at);
  view.finished = undefined;
  view.citations = [];
}

const turnOf = (node: RunNode | undefined, turn: number) => node?.turns.findLast((t) => t.turn === turn);
const cellOf = (node: RunNode | undefined, cell: number) => node?.turns.flatMap((t) => t.cells).findLast((c) => c.cell === cell);
const openCell = (node: RunNode) => node.turns.at(-1)?.cells.findLast((c) => c.end === undefined);

function spend(view: RunView, usage: Usage, cost: number | undefined): void {
  view.usage.input_tokens += usage.input_tokens;
  view.usage.cached_input_tokens += usage.cached_input_tokens;
  view.usage.cache_write_tokens += usage.cache_write_tokens;
  view.usage.output_tokens += usage.output_tokens;
  // A call that never reached its model used no tokens, so its missing price does not matter.
  if (cost !== undefined) view.cost = view.cost === null ? null : view.cost + cost;
  else if (!usesNothing(usage)) view.cost = null;
}

const usesNothing = (usage: Usage) => usage.input_tokens + usage.output_tokens === 0;

/** Ends everything that was still in progress when the run ended or was resumed. */
function breakOff(view: RunView, at: number): void {
  for (const call of view.calls.values()) {
    if (call.state === "running") Object.assign(call, { state: "broken", end: at });
  }
  for (const node of view.nodes.values()) {
    node.end ??= at;
    for (const turn of node.turns) {
      turn.end ??= at;
      for (const cell of turn.cells) cell.end ??= at;
    }
  }
}

/** Cost of a turn in US dollars: its reply and all calls of its cells, helpers included. `null` if a price is unknown. */
export function turnCost(view: RunView, turn: Turn): number | null {
  const replies = [...turn.lost, ...(turn.reply ? [turn.reply] : [])];
  return addUp([
    ...replies.map(({ usage, cost }) => cost ?? (usesNothing(usage) ? 0 : null)),
    ...turn.cells.map((cell) => cellCost(view, cell)),
  ]);
}

export function cellCost(view: RunView, cell: Cell): number | null {
  return addUp(cell.calls.map((id) => callCost(view, id)));
}

export function callCost(view: RunView, id: CallId): number | null {
  const call = view.calls.get(id);
  if (!call) return 0;
  const own = call.cost ?? (!call.usage || usesNothing(call.usage) ? 0 : null);
  return addUp([own, call.child === undefined ? 0 : nodeCost(view, call.child)]);
}

export function nodeCost(view: RunView, id: NodeId): number | null {
  return addUp((view.nodes.get(id)?.turns ?? []).map((turn) => turnCost(view, turn)));
}

/** A sum of costs; unknown if one of them is. */
export const addUp = (costs: (number | null)[]) =>
  costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);

// Realistic records of runs, for the tests of the folds.
import type { CellOutcome } from "../bindings/CellOutcome";
import type { Event } from "../bindings/Event";
import type { RunOptions } from "../bindings/RunOptions";

type Body<T> = T extends Event ? Omit<T, "version" | "seq" | "at_ms" | "node"> : never;

/** Numbers events and gives them times: `[seconds, event, node]`. */
export function record(...entries: [seconds: number, body: Body<Event>, node?: number][]): Event[] {
  return entries.map(
    ([seconds, body, node = 0], seq) => ({ version: 1, seq, at_ms: 1_700_000_000_000 + seconds * 1000, node, ...body }) as Event,
  );
}

export const options = (provider = "server", name = "big"): RunOptions => ({
  include: { hidden: false, ignored: false, git: false },
  mode: "auto",
  model: { provider, name, key: { kind: "none" } },
  limits: { max_turns: 20, max_calls: 1000, max_depth: 1, concurrency: 16, timeout_s: 3600 },
  seed: 1,
});

export const usage = (input: number, output: number) => ({
  input_tokens: input,
  cached_input_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: output,
});

export const outcome = (output: string, more: Partial<CellOutcome> = {}): CellOutcome => ({
  output,
  omitted_chars: 0,
  ending: "done",
  ...more,
});

export const started = (): Body<Event> => ({
  type: "run_started",
  question: "Which contracts renew on their own?",
  sources: ["/contracts"],
  name: "contracts",
  options: options(),
  documents: 214,
  skipped: 3,
  tokens_estimate: 1_900_000,
});

/** A run with two turns, two parallel calls and an answer. */
export const worked = (): Event[] =>
  record(
    [0, started()],
    [0.1, { type: "routed", mode: "rlm", reason: "The text is larger than the model's window." }],
    [0.1, { type: "node_started", depth: 0, question: "Which contracts renew on their own?", model: "server:big" }],
    [0.2, { type: "turn_started", turn: 1 }],
    [
      2,
      {
        type: "reply",
        turn: 1,
        text: "First a search.\n```repl\nhits = grep('renew')\n```",
        usage: usage(1000, 50),
        usage_estimated: false,
        cost_usd: 0.002,
        elapsed_ms: 1800,
        finish: "stop",
      },
    ],
    [2, { type: "cell_started", turn: 1, cell: 1, code: "hits = grep('renew')" }],
    [2.1, { type: "searched", cell: 1, query: "renew", hits: 143, documents: 61 }],
    [2.4, { type: "cell_finished", turn: 1, cell: 1, outcome: outcome("143 hits"), elapsed_ms: 400 }],
    [2.4, { type: "turn_started", turn: 2 }],
    [
      4,
      {
        type: "reply",
        turn: 2,
        text: "```repl\nfacts = llm_query_batched(parts)\n```",
        usage: usage(1200, 60),
        usage_estimated: false,
        cost_usd: 0.003,
        elapsed_ms: 1600,
        finish: "stop",
      },
    ],
    [4, { type: "cell_started", turn: 2, cell: 2, code: "facts = llm_query_batched(parts)" }],
    [
      4.1,
      {
        type: "call_started",
        call: 1,
        cell: 2,
        model: "server:small",
        prompt: "aa",
        prompt_head: "Does it renew? Halden",
        recursive: false,
      },
    ],
    [
      4.1,
      {
        type: "call_started",
        call: 2,
        cell: 2,
        model: "server:small",
        prompt: "bb",
        prompt_head: "Does it renew? Orme",
        recursive: false,
      },
    ],
    [
      6,
      {
        type: "call_finished",
        call: 2,
        text: "yes",
        usage: usage(400, 10),
        usage_estimated: false,
        cost_usd: 0.0001,
        elapsed_ms: 1900,
        finish: "stop",
      },
    ],
    [
      9,
      {
        type: "call_finished",
        call: 1,
        text: "yes",
        usage: usage(500, 12),
        usage_estimated: false,
        cost_usd: 0.0002,
        elapsed_ms: 4900,
        finish: "stop",
      },
    ],
    [9.1, { type: "cell_finished", turn: 2, cell: 2, outcome: outcome("", { answer: "Both." }), elapsed_ms: 5100 }],
    [
      9.2,
      {
        type: "cited",
        path: "halden.md",
        place: "lines 10–12",
        start_line: 10,
        end_line: 12,
        quote: "renews",
        verified: "quote_found",
        digest: "d1",
      },
    ],
    [9.3, { type: "finished", status: "answered", answer: "Both.[[halden.md#L10-L12]]", elapsed_ms: 9300 }],
  );

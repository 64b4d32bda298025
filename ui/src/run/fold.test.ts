import { describe, expect, test } from "vitest";
import type { Event } from "../bindings/Event";
import { record, started, usage, worked } from "./fixture";
import { flame, ticks } from "./flame";
import { callCost, fold, nodeCost } from "./fold";
import { story } from "./story";
import { tree } from "./tree";

const noToggles: ReadonlySet<string> = new Set();

describe("the view of a run", () => {
  test("an empty record is an empty view", () => {
    const view = fold([]);
    expect(view.nodes.size).toBe(0);
    expect(story(view, 0)).toEqual([]);
    expect(tree(view, noToggles)).toEqual([]);
    expect(flame(view, 0).bars).toEqual([]);
  });

  test("tokens and cost are the sums of replies and calls", () => {
    const view = fold(worked());
    expect(view.usage).toEqual({ input_tokens: 3100, cached_input_tokens: 0, cache_write_tokens: 0, output_tokens: 132 });
    expect(view.cost).toBeCloseTo(0.0053, 10);
    expect(nodeCost(view, 0)).toBeCloseTo(0.0053, 10);
    expect(view.finished?.status).toBe("answered");
    expect(view.citations).toHaveLength(1);
  });

  test("one reply without a price makes the cost unknown", () => {
    const view = fold(
      record(
        [0, started()],
        [0, { type: "node_started", depth: 0, question: "q", model: "server:big" }],
        [0, { type: "turn_started", turn: 1 }],
        [1, { type: "reply", turn: 1, text: "x", usage: usage(5, 5), usage_estimated: true, elapsed_ms: 1, finish: "stop" }],
      ),
    );
    expect(view.cost).toBeNull();
  });

  test("a call that never reached its model hides no price", () => {
    const view = fold([
      ...worked().slice(0, 12),
      ...record([
        5,
        {
          type: "call_finished",
          call: 1,
          text: "",
          error: { code: "refused", message: "The server refused." },
          usage: usage(0, 0),
          usage_estimated: false,
          elapsed_ms: 9,
          finish: "stop",
        },
      ]),
    ]);
    expect(view.cost).toBeCloseTo(0.005, 10);
    expect(view.calls.get(1)?.state).toBe("failed");
    expect(callCost(view, 1)).toBe(0);
  });

  test("a helper's turns count towards the call it answers", () => {
    const view = fold([
      ...worked().slice(0, 11),
      ...record(
        [
          4.1,
          { type: "call_started", call: 1, cell: 2, model: "server:big", prompt: "aa", prompt_head: "Find it", recursive: true },
        ],
        [4.2, { type: "node_started", parent: 1, depth: 1, question: "Find it", model: "server:big" }, 1],
        [4.2, { type: "turn_started", turn: 1 }, 1],
        [
          5,
          {
            type: "reply",
            turn: 1,
            text: "done",
            usage: usage(10, 10),
            usage_estimated: false,
            cost_usd: 0.5,
            elapsed_ms: 800,
            finish: "stop",
          },
          1,
        ],
        [
          5.1,
          {
            type: "call_finished",
            call: 1,
            text: "done",
            usage: usage(0, 0),
            usage_estimated: false,
            elapsed_ms: 1000,
            finish: "stop",
          },
        ],
      ),
    ]);
    expect(callCost(view, 1)).toBe(0.5);
    expect(nodeCost(view, 0)).toBeCloseTo(0.505, 10);
    expect(tree(view, noToggles).map((r) => [r.level, r.key])).toContainEqual([6, "turn:1:1"]);
  });

  test("a pause between stopping and resuming takes no time", () => {
    const events = [
      ...worked().slice(0, 13),
      ...record(
        [10, { type: "finished", status: "stopped", answer: "", elapsed_ms: 10_000 }],
        [3610, { type: "resumed" }],
        [3612, { type: "turn_started", turn: 3 }],
      ),
    ];
    const view = fold(events);
    expect(view.length).toBe(12_000);
    expect(view.finished).toBeUndefined();
    expect(view.calls.get(1)?.state).toBe("broken");
    expect(tree(view, noToggles).find((row) => row.key === "call:1")?.detail).toMatch(/^cut off/);
  });

  test("a turn restarted after an interruption appears once", () => {
    const view = fold([...worked().slice(0, 9), ...record([50, { type: "resumed" }], [50, { type: "turn_started", turn: 2 }])]);
    expect(view.nodes.get(0)?.turns.map((t) => t.turn)).toEqual([1, 2]);
  });

  test("a cut-off reply is paid, even if its turn restarts", () => {
    const lost = { type: "reply_lost", turn: 2, text: "```re", usage: usage(1200, 4), cost_usd: 0.001, elapsed_ms: 900 };
    const view = fold([
      ...worked().slice(0, 9),
      { ...record([3, { type: "resumed" }])[0], ...lost } as unknown as Event,
      ...record([50, { type: "resumed" }], [50, { type: "turn_started", turn: 2 }]),
    ]);
    expect(view.cost).toBeCloseTo(0.003, 10);
    expect(nodeCost(view, 0)).toBeCloseTo(0.003, 10);
  });
});

describe("the tree and the flame", () => {
  test("folding a row hides the rows below it", () => {
    const view = fold(worked());
    expect(tree(view, noToggles).map((r) => r.key)).toEqual([
      "node:0",
      "turn:0:1",
      "cell:0:1",
      "turn:0:2",
      "cell:0:2",
      "call:1",
      "call:2",
    ]);
    expect(tree(view, new Set(["cell:0:2"])).map((r) => r.key)).not.toContain("call:1");
    expect(tree(view, new Set(["node:0"]))).toHaveLength(1);
  });

  test("bars that run at the same time never overlap", () => {
    const { bars, rows } = flame(fold(worked()), 9300);
    expect(rows).toBe(4);
    for (const a of bars) {
      for (const b of bars) {
        if (a !== b && a.row === b.row) expect(a.end <= b.start || b.end <= a.start).toBe(true);
      }
    }
  });

  test("a bar without an end grows with the clock", () => {
    const { bars } = flame(fold(worked().slice(0, 13)), 60_000);
    expect(bars.find((b) => b.key === "call:2")?.end).toBe(60_000);
  });

  test("the axis has round times", () => {
    expect(ticks(41_300, 5)).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
    expect(ticks(3_600_000, 5)).toEqual([0, 900_000, 1_800_000, 2_700_000, 3_600_000]);
    expect(ticks(0, 5)).toEqual([0]);
  });
});

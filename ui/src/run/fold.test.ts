import { describe, expect, test } from "vitest";
import type { Event } from "../bindings/Event";
import { options, outcome, record, started, usage, worked } from "./fixture";
import { flame, ticks } from "./flame";
import { callCost, fold, isFree, nodeCost, stayedHere } from "./fold";
import { livePhrase, story, whyEnded } from "./story";
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

  test("a reply read from passages loses its first word", () => {
    const reply = { type: "reply" as const, usage: usage(5, 5), usage_estimated: true, elapsed_ms: 1, finish: "stop" as const };
    const view = fold(
      record(
        [0, started()],
        [0, { type: "node_started", depth: 0, question: "q", model: "local:small" }],
        [0, { type: "turn_started", turn: 1 }],
        [1, { ...reply, turn: 1, text: "Answer: not found" }],
        [1, { type: "turn_started", turn: 2 }],
        [2, { ...reply, turn: 2, text: "Answer: 9 litres" }],
      ),
    );
    const steps = story(view, 0).filter((step) => step.kind === "think");
    expect(steps.map((step) => [step.title, step.detail, step.said])).toEqual([
      ["Read the passages that fit best", "They do not say it", ""],
      ["Read the passages that fit best", undefined, "9 litres"],
    ]);
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

  test("a cut-off reply says so, if its record knows", () => {
    const ended = worked().map((event) =>
      event.type === "call_finished" && event.call === 1 ? { ...event, finish: "length" } : event,
    );
    const detail = (events: Event[]) => story(fold(events), 0).find((step) => step.kind === "ask")?.detail;
    expect(detail(ended as Event[])).toBe("1 of 2 cut off at the model's greatest length");
    expect(whyEnded(fold(ended as Event[]).calls.get(1)?.finish)).toMatch(/cut off/);
    expect(detail(worked())).not.toMatch(/cut off/);
    expect(whyEnded(undefined)).toBeUndefined();
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

  test("a run is free only when every model is on this computer", () => {
    expect(isFree(options("local"))).toBe(true);
    expect(isFree({ ...options("local"), sub_model: { provider: "openai", name: "x", key: { kind: "keychain" } } })).toBe(false);
    expect(isFree(options("server"))).toBe(false);
    expect(isFree(undefined)).toBe(false);
  });

  test("text leaves this computer only if code ran elsewhere", () => {
    const elsewhere = { ...options("local"), repl_command: "ssh host plumb-python" };
    expect(stayedHere({ options: options("local"), mode: "rlm" })).toBe(true);
    expect(stayedHere({ options: elsewhere, mode: "rlm" })).toBe(false);
    expect(stayedHere({ options: elsewhere })).toBe(false);
    expect(stayedHere({ options: elsewhere, mode: "direct" })).toBe(true);
    expect(stayedHere({ options: options("openai"), mode: "direct" })).toBe(false);
  });
});

describe("the story", () => {
  test("tells a finished run in sentences", () => {
    expect(story(fold(worked()), 0).map((s) => s.title)).toEqual([
      "Looked at the folder",
      "Chose to work step by step",
      "Searched for “renew”",
      "Asked the model about 2 pieces, at the same time",
      "Answered",
    ]);
  });

  test("counts answered calls while others run", () => {
    const view = fold(worked().slice(0, 14));
    expect(livePhrase(view, view.length)).toBe("Asking the model about 2 pieces, at the same time: 1 of 2 answered");
    expect(story(view, 0).at(-1)?.running).toBe(true);
  });

  test("shows a wait for as long as the provider asked", () => {
    const waiting = { type: "waiting", code: "rate_limited", asked: true, wait_ms: 8_000 } as const;
    const begun = worked().slice(0, 4);
    const view = fold([
      ...begun,
      ...record([0, started()], [1, waiting])
        .slice(1)
        .map((e) => ({ ...e, seq: 4 })),
    ]);
    expect(livePhrase(view, 1_500)).toBe("The provider asked us to wait 8 s");
    expect(livePhrase(view, 9_500)).toBe("Thinking about where to begin");
    const step = story(view, 0).find((s) => s.key === "wait:4");
    expect(step).toMatchObject({ kind: "trouble", title: "The provider asked us to wait 8 s", start: 1_000, running: false });
    const own = fold(record([0, started()], [1, { ...waiting, asked: false, wait_ms: 2_000, code: "server" }]));
    expect(livePhrase(own, 1_500)).toBe("The provider did not answer as it should: trying again in 2 s");
    const away = fold(record([0, started()], [1, { ...waiting, asked: false, wait_ms: 2_000, code: "unreachable" }]));
    expect(livePhrase(away, 1_500)).toBe("The provider’s server cannot be reached for now: trying again in 2 s");
  });

  test("shows the last line of a cell's error", () => {
    const view = fold([
      ...worked().slice(0, 6),
      ...record([
        3,
        {
          type: "cell_finished",
          turn: 1,
          cell: 1,
          outcome: outcome("", { ending: "raised", error: "Traceback\n  line 1\nKeyError: 'x'" }),
          elapsed_ms: 1,
        },
      ]),
    ]);
    expect(story(view, 0).at(-1)).toMatchObject({
      kind: "trouble",
      title: "Ran code that did not work",
      detail: "KeyError: 'x'",
    });
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

import { describe, expect, test } from "vitest";
import type { Told } from "../bindings/Told";
import { fold, nodeCost } from "./fold";
import { golden, goldenNames, goldenTotals } from "./golden";
import { ledgerOf } from "./ledger";
import { livePhrase, readAnswer, story, whyIncomplete } from "./story";

const upTo = (name: string, is: (event: Told) => boolean) => {
  const events = golden(name);
  return fold(events.slice(0, events.findIndex(is) + 1));
};

const titles = (name: string) => story(fold(golden(name)), 0).map((step) => step.title);

describe.each(goldenNames)("the golden run %s", (name) => {
  test("has the totals that the engine derives", () => {
    const view = fold(golden(name));
    const { totals } = goldenTotals(name);
    const turns = (view.nodes.get(0)?.turns ?? []).filter((turn) => turn.reply).map((turn) => turn.turn);
    expect({
      question: view.question,
      status: view.finished?.status ?? null,
      answer: view.finished?.answer ?? "",
      citations: view.citations,
      error: view.finished?.error ?? null,
      exchanges: view.exchanges.map(({ question, status, answer, citations, error }) => ({
        question,
        status,
        answer,
        citations,
        error,
      })),
      mode: view.mode,
      mode_reason: view.modeReason,
      turns: Math.max(0, ...turns),
      calls: view.asked,
      usage: view.usage,
      cost: totals.cost,
      price_unknown: view.cost === null,
      elapsed_ms: view.length - view.since,
    }).toEqual(totals);
    if (view.cost !== null) expect(view.cost).toBeCloseTo(totals.cost, 10);
  });

  test("has the ledger that the engine derives", () => {
    expect(ledgerOf(golden(name))).toEqual(goldenTotals(name).ledger);
  });

  test("shows every step that the engine tells, once and with words", () => {
    const view = fold(golden(name));
    const shown = [...view.nodes.keys()].flatMap((node) => story(view, node));
    const withCells = [...view.nodes.values()].flatMap((node) =>
      node.turns.filter((turn) => turn.cells.length > 0).map((turn) => `turn:${node.id}:${turn.turn}`),
    );
    // Where a stopped run continues, its end is no step any more.
    const ends = [view.finished?.seq, ...view.exchanges.map((exchange) => exchange.end?.seq)].map((seq) => `end:${seq}`);
    const told = [...view.steps.keys()].filter(
      (key) => !withCells.includes(key) && !key.startsWith("call:") && (!key.startsWith("end:") || ends.includes(key)),
    );
    expect(shown.map((step) => step.key).sort()).toEqual(told.sort());
    for (const step of shown) expect(step.title).not.toBe("");
  });

  test("reads an arriving answer as the engine reads a whole one", () => {
    const view = fold(golden(name));
    for (const node of view.nodes.values()) {
      for (const { reply, turn, cells } of node.turns) {
        if (!reply || cells.length > 0) continue;
        expect(readAnswer(reply.text)).toBe(view.steps.get(`turn:${node.id}:${turn}`)?.said);
      }
    }
  });
});

test("a finished run reads in sentences", () => {
  expect(titles("answered")).toEqual([
    "Looked at the folder",
    "Chose to work step by step",
    "Searched for “renew”",
    "Asked the model about 2 pieces, at the same time",
    "Set 1 helper to work",
    "Put the answer together",
    "Answered",
  ]);
});

test("the live phrase counts the calls that were answered", () => {
  const view = upTo("answered", (event) => event.type === "call_finished");
  expect(livePhrase(view, view.length)).toBe("Asking the model about 2 pieces, at the same time: 1 of 2 answered");
  expect(story(view, 0).at(-1)?.running).toBe(true);
});

test("a call says why its reply is incomplete, and a whole one says nothing", () => {
  const view = fold(golden("answered"));
  expect(whyIncomplete(view, 0)).toBe("The reply was cut off at the model's greatest length");
  expect(whyIncomplete(view, 1)).toBeUndefined();
});

test("a wait is the live phrase for as long as it lasts", () => {
  const view = upTo("failed", (event) => event.type === "waiting");
  expect(livePhrase(view, 1_500)).toBe("The provider asked us to wait 8 s");
  expect(livePhrase(view, 9_500)).toBe("Reading the text and writing the answer");
  const step = story(view, 0).find((s) => s.key.startsWith("wait:"));
  expect(step).toMatchObject({ kind: "trouble", title: "The provider asked us to wait 8 s", start: 1_000, running: false });
});

test("a step that a stop cut short reads as past", () => {
  const events = golden("resumed");
  const asked = events.slice(0, events.findIndex((event) => event.type === "call_started") + 1);
  const step = (cutOff: boolean) => story(fold(asked, cutOff), 0).find((s) => s.kind === "ask");
  expect(step(false)).toMatchObject({ title: "Asking the model about 1 piece", running: true });
  expect(step(true)).toMatchObject({ title: "Asked the model about 1 piece", end: 3_100 });
});

test("facts say whether a run is free and stays here", () => {
  const facts = (name: string) => fold(golden(name)).facts;
  expect(facts("limit")).toEqual({ free: true, stays_here: true });
  expect(facts("guided")).toEqual({ free: true, stays_here: true });
  expect(facts("answered")).toEqual({ free: false, stays_here: false });
  expect(fold([]).facts).toBeUndefined();
});

test("a fork shows the steps of its past, and pays for its own", () => {
  const view = fold(golden("conversation"));
  expect(titles("conversation")).toContain("You asked a follow-up");
  expect(view.exchanges.map((exchange) => exchange.answer)).toEqual(["Halden", "Orme"]);
  expect(view.cost).toBeCloseTo(0.0031, 10);
  expect(nodeCost(view, 0)).toBeCloseTo(0.0051, 10);
});

import { expect, test } from "vitest";
import type { Citation } from "../bindings/Citation";
import type { Event } from "../bindings/Event";
import { asMarkdown, asRecord, fileStem } from "./exported";
import { options, record, started, usage } from "./fixture";

const place: Citation = {
  path: "a.md",
  place: "lines 3–4",
  start_line: 3,
  end_line: 4,
  quote: "renews by itself\nfor a year",
  verified: "quote_found",
  digest: "d",
};
const answer = 'One "renews by itself" [[a.md#L3-L4]].';
const elsewhere = { kind: "server", address: "https://models.example.org", this_computer: false } as const;

const asked = { ...options("openai"), sub_model: { provider: "mistral", name: "small", key: { kind: "none" as const } } };

const events: Event[] = record(
  [0, started()],
  [0.1, { type: "routed", mode: "rlm", reason: "It is large." }],
  [0.1, { type: "node_started", depth: 0, question: "Which?", model: "openai:big" }],
  [0.2, { type: "turn_started", turn: 1 }],
  [0.3, { type: "touched", path: "a.md", digest: "d", chars: 10 }],
  [0.4, { type: "sent", to: elsewhere, bytes: 2_000, tokens: 500 }],
  [
    2,
    {
      type: "reply",
      turn: 1,
      text: "FINAL",
      usage: usage(500, 40),
      usage_estimated: false,
      cost_usd: 0.02,
      elapsed_ms: 900,
      finish: "stop",
    },
  ],
  [3, { type: "cited", ...place }],
  [3, { type: "finished", status: "answered", answer, elapsed_ms: 3_000 }],
).map((event) => ({ ...event, version: 2, ...(event.type === "run_started" && { options: asked }) }));

test("a saved answer has its sources, cost and sent text", () => {
  const text = asMarkdown(events, answer);
  expect(text).toContain("# Which contracts renew on their own?\n");
  expect(text).toContain('One "renews by itself" [1].');
  expect(text).toContain("1. a.md, lines 3–4: the quoted words are there\n\n   > renews by itself\n   > for a year");
  expect(text).toContain("Model: openai:big; pieces read by mistral:small");
  expect(text).toContain("Cost: $0.02, for 500 tokens read and 40 written");
  expect(text).toContain("https://models.example.org: 1 request, 2 KB, about 500 tokens, text of at most 1 document");
  expect(text).toMatch(/Plumb may have sent text from these documents, and no others:\n\n- a\.md\n$/);
  expect(text).not.toContain("[[");
});

test("the whole record is one JSON object per line", () => {
  const lines = asRecord(events).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line) as Event)).toEqual(events);
});

test("a file is named after any question", () => {
  expect(fileStem("Which contracts/renew … on\ntheir own?")).toBe("Which-contracts-renew-on-their-own");
  expect(fileStem("¿../..?")).toBe("answer");
  expect(fileStem("Wie heißt die Brücke? 橋の名前は")).toBe("Wie-heißt-die-Brücke-橋の名前は");
  expect(fileStem("x".repeat(300)).length).toBeLessThan(61);
  // After the cut, no shorter word from later in the question is added.
  expect(fileStem(`${"word ".repeat(11)}sentences go on`)).toBe(Array(11).fill("word").join("-"));
});

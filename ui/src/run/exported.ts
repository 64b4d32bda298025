// A run as a file: the answer to read, or the whole record for programs.
import type { QuoteCheck } from "../bindings/QuoteCheck";
import type { Told } from "../bindings/Told";
import { cost, count, duration, plural, when } from "../text/format";
import { answerInNumbers } from "./citations";
import { fold, type RunView } from "./fold";
import { amountWords, ledgerLine, ledgerOf, textWords } from "./ledger";

const checked: Readonly<Record<QuoteCheck, string>> = {
  quote_found: "the quoted words are there",
  place_found: "the place exists",
  not_found: "not found",
};

/** The answer on screen as Markdown, with its sources, its cost, and everything that left this computer. */
export function asMarkdown(events: readonly Told[], answer: string): string {
  const view = fold(events);
  const { body, cited } = answerInNumbers(answer, view.citations);
  const places = cited.map(({ number, path, startLine, endLine, found }) =>
    [
      `${number}. ${path}, ${found?.place ?? `lines ${startLine}–${endLine}`}: ${found ? checked[found.verified] : "not checked"}`,
      ...(found?.quote ? ["", ...found.quote.split("\n").map((line) => `   > ${line}`)] : []),
    ].join("\n"),
  );
  return `${[
    `# ${view.question.replace(/\s+/g, " ").trim()}`,
    body.trim() || "There is no answer.",
    ...(places.length > 0 ? [`## Sources\n\n${places.join("\n")}`] : []),
    `## How it was found\n\n${list(about(events, view))}`,
    sent(events),
  ].join("\n\n")}\n`;
}

/** All events, one JSON object per line, in the format of `--events` in a terminal. */
export const asRecord = (events: readonly Told[]) =>
  events.map((event) => `${JSON.stringify({ ...event, steps: undefined, facts: undefined })}\n`).join("");

/** A file name from the words of the question, without an extension. */
export function fileStem(question: string): string {
  const words = question.match(/[\p{L}\p{N}]+/gu) ?? [];
  let stem = "";
  for (const word of words) {
    if (stem.length + word.length >= 60) break;
    stem += stem ? `-${word}` : word;
  }
  return stem || "answer";
}

const list = (lines: string[]) => lines.map((line) => `- ${line}`).join("\n");

function about(events: readonly Told[], view: RunView): string[] {
  const { model, sub_model: pieces } = view.options ?? {};
  const turns = view.nodes.get(0)?.turns.length ?? 0;
  const asked = events[0] ? ` on ${when(events[0].at_ms)}` : "";
  const name = (of: typeof model) => (of ? `${of.provider}:${of.name}` : "");
  return [
    `Asked about ${view.name}${asked}: ${plural(view.documents, "document")}, ${count(view.touched)} of them read`,
    `Model: ${name(model)}${pieces ? `; pieces read by ${name(pieces)}` : ""}`,
    `${plural(turns, "step")}, ${plural(view.asked, "sub-call")}, ${duration(view.finished?.elapsed ?? view.length)}`,
    `Cost: ${cost(view.cost, view.facts?.free ?? false)}, for ${count(view.usage.input_tokens)} tokens read and ${count(view.usage.output_tokens)} written`,
    ...(view.finished?.error ? [`It ended early: ${view.finished.error.message}`] : []),
  ];
}

function sent(events: readonly Told[]): string {
  const title = "## What left this computer";
  const ledger = ledgerOf(events);
  if (!ledger) return `${title}\n\nYou asked with an older Plumb, which kept no record of the text it sent.`;
  const rows = ledger.sent.map(
    (place) =>
      `${place.to.kind === "server" ? place.to.address : place.to.command}: ${amountWords(place)}, ${textWords(place.documents, ledger.exact)}`,
  );
  const documents = ledger.documents.length > 0 && [
    ledger.exact ? "Plumb sent the text of these documents:" : "Plumb may have sent text from these documents, and no others:",
    list(ledger.documents),
  ];
  return [title, `${ledgerLine(ledger)}.`, ...(rows.length > 0 ? [list(rows)] : []), ...(documents || [])].join("\n\n");
}

// A question about the sample folder, and a strong model's replies to it.
import { says, when, writes } from "./scripted.js";

export const question = "Which periods of notice must be kept, and what happens if losses grow too high?";

/** Looks, searches, asks about each document, and answers with four places: three correct ones and a made-up quote. */
export const root = [
  writes("Let me see what there is.", `for path in files():\n    print(path, len(context[path]))`, { latency_ms: 700 }),
  writes(
    "Now the words of the question.",
    `hits = grep("notice|losses exceed", ignore_case=True)\nfor hit in hits:\n    print(hit.path, hit.line, hit.text[:80])`,
    { latency_ms: 900 },
  ),
  writes(
    "Six documents are worth reading. I ask about each of them.",
    `paths = [path for path in files() if not path.endswith((".log", ".csv"))]
notes = llm_query_batched([f"NOTES on {path}. Which periods are named?\\n" + context[path][:6000] for path in paths])
print("\\n".join(notes))`,
    { latency_ms: 700 },
  ),
  writes(
    "That is enough.",
    `end = grep("than thirty months")[0]
losses = grep("losses exceed 18 per cent")[0]
FINAL(f"""**Periods of notice** under the concession agreement:

| Party | Period |
| --- | --- |
| The Town | "not less than thirty months" [[{end.path}#L{end.line - 1}-L{end.line}]] |
| The Works | forty-eight months [[{end.path}#L{end.line}]] |

If the losses pass 18 per cent of the water drawn, the Works "add a plan for finding and closing the leaks" \
[[{losses.path}#L{losses.line}-L{losses.line + 1}]]. It is also told that the Town may "close the water works at once" \
[[notes/buildings.txt#L4]]; that stands nowhere.""")`,
    { latency_ms: 900, piece_delay_ms: 25 },
  ),
];

const note = (latency_ms) => says("Clause 11 names thirty and forty-eight months.", { latency_ms });
export const rules = [when("NOTES on", note(600), note(1200), note(1800), note(2400), note(3000))];

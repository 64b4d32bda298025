// A small tokenizer for colouring Python.
export type Piece = { kind: "plain" | "keyword" | "text" | "number" | "comment" | "name"; text: string };

const keywords =
  "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield True False None";
const ours = "llm_query llm_query_batched rlm_query rlm_query_batched grep search files context answer FINAL FINAL_VAR SHOW_VARS";
const kinds = new Map<string, Piece["kind"]>([
  ...keywords.split(" ").map((w) => [w, "keyword"] as const),
  ...ours.split(" ").map((w) => [w, "name"] as const),
]);

const PIECE =
  /(?<comment>#[^\n]*)|(?<text>[rbfuRBFU]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))|(?<number>\b\d[\d_.]*(?:e[+-]?\d+)?\b)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<plain>\s+|.)/gu;

/** Splits code into pieces of one colour each. */
export function pieces(code: string): Piece[] {
  const list: Piece[] = [];
  for (const match of code.matchAll(PIECE)) {
    const { comment, text, number, word } = match.groups ?? {};
    const kind = comment ? "comment" : text ? "text" : number ? "number" : (word && kinds.get(word)) || "plain";
    const last = list.at(-1);
    if (last && last.kind === kind) last.text += match[0];
    else list.push({ kind, text: match[0] });
  }
  return list;
}

// The places an answer names: `[[path#L10-L14]]`. Each mark is replaced by a character that Markdown leaves alone, and becomes a chip after parsing.
import type { Element, ElementContent, Root, Text } from "hast";
import type { Citation } from "../bindings/Citation";

export interface Cited {
  /** As shown on the chip; equal places have equal numbers, but what was checked may differ: it goes by the words beside each mark. */
  number: number;
  path: string;
  startLine: number;
  endLine: number;
  /** Absent until it has been resolved. */
  found?: Citation;
}

const MARK = /\[\[([^[\]\n]+?)(?:#L(\d+)(?:\s*[-–]\s*L?(\d+))?)?\]\]/g;
const OPEN = String.fromCharCode(0xe000);
const CLOSE = String.fromCharCode(0xe001);
const TOKEN = new RegExp(`${OPEN}(\\d+)${CLOSE}`);
const TOKENS = new RegExp(TOKEN, "g");
/** The kept characters, as they stand or as Markdown's other way to write them: an answer must not be able to set chips of its own. */
const KEPT = new RegExp(`[${OPEN}${CLOSE}]|&#(?:x0*e00[01]|0*5734[45]);`, "gi");

/** Takes the marks out of an answer and numbers them. `arriving`: a mark that has only begun is held back. */
export function takeCitations(answer: string, found: readonly Citation[], arriving: boolean): { text: string; cited: Cited[] } {
  const whole = arriving ? answer.replace(/\[\[?[^\]\n]*\]?$/, "") : answer;
  const cited: Cited[] = [];
  const numbers = new Map<string, number>();
  const text = whole.replace(KEPT, "\ufffd").replace(MARK, (_, name: string, start?: string, end?: string) => {
    const path = name.trim();
    const startLine = start ? Number(start) : 1;
    const endLine = end ? Number(end) : startLine;
    const place = `${path}#${start}-${end ?? start}`;
    const number = numbers.get(place) ?? numbers.size + 1;
    numbers.set(place, number);
    const index = cited.push({ number, path, startLine, endLine, found: resolved(found, cited.length, path, startLine) }) - 1;
    return `${OPEN}${index}${CLOSE}`;
  });
  return { text, cited };
}

/** Places were resolved in the order of the answer. */
function resolved(found: readonly Citation[], index: number, path: string, startLine: number): Citation | undefined {
  const place = found[index];
  return place?.path === path ? place : found.find((c) => c.path === path && c.start_line === startLine);
}

/** The marks, each place once. */
export const places = (cited: readonly Cited[]) => cited.filter((c, i) => cited.findIndex((d) => d.number === c.number) === i);

/** The answer with plain numbers in place of marks, and the places they stand for. */
export function answerInNumbers(answer: string, found: readonly Citation[]): { body: string; cited: Cited[] } {
  const { text, cited } = takeCitations(answer, found, false);
  const body = text.replace(TOKENS, (_, index: string) => `[${cited[Number(index)]?.number ?? "?"}]`);
  return { body, cited: places(cited) };
}

/** The same with the places below: for the clipboard. */
export function asPlainText(answer: string, found: readonly Citation[]): string {
  const { body, cited } = answerInNumbers(answer, found);
  const list = cited.map((c) => `[${c.number}] ${c.path}, ${c.found?.place ?? `lines ${c.startLine}–${c.endLine}`}`);
  return list.length > 0 ? `${body}\n\n${list.join("\n")}` : body;
}

/** For rehype: turns the kept characters into `cite` elements. `marks`: how many there are; those that no words show are set below. */
export function rehypeCitations(marks: number) {
  return (tree: Root) => {
    const shown = new Set<number>();
    tree.children = split(tree.children as ElementContent[], shown);
    const unseen = Array.from({ length: marks }, (_, index) => index).filter((index) => !shown.has(index));
    if (unseen.length === 0) return;
    // In an address, say, or in a note that nothing refers to: a place that was not found must not be hidden like that.
    const words: Text = { type: "text", value: "Also named, where it cannot be seen: " };
    tree.children.push({ type: "element", tagName: "p", properties: {}, children: [words, ...unseen.map(cite)] });
  };
}

const cite = (index: number): Element => ({
  type: "element",
  tagName: "cite",
  properties: { dataIndex: String(index) },
  children: [],
});

function split(children: ElementContent[], shown: Set<number>): ElementContent[] {
  return children.flatMap((child): ElementContent[] => {
    if (child.type === "text") return splitText(child, shown);
    if (child.type !== "element") return [child];
    // What stands in a picture's description is read out as it is.
    if (typeof child.properties.alt === "string") child.properties.alt = child.properties.alt.replace(TOKENS, "");
    child.children = split(child.children, shown);
    // Models like to set places in code type; a chip needs none.
    const bare = child.tagName === "code" && child.children.every((c) => c.type === "element" && c.tagName === "cite");
    return bare && child.children.length > 0 ? child.children : [child];
  });
}

/** Words before a chip, tied to it: no line begins with a lone number. */
const tied = (words: string) => (/[^\S\n]$/.test(words) ? words.replace(/[^\S\n]+$/, "\u00a0") : words && `${words}\u2060`);

function splitText(node: Text, shown: Set<number>): (Text | Element)[] {
  const parts = node.value.split(TOKEN);
  return parts
    .map((part, i): Text | Element => {
      if (i % 2 === 0) return { type: "text", value: i + 1 < parts.length ? tied(part) : part };
      shown.add(Number(part));
      return cite(Number(part));
    })
    .filter((part) => part.type === "element" || part.value !== "");
}

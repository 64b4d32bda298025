// Citation marks in an answer: `[[path#L10-L14]]`. Each mark becomes a placeholder that Markdown leaves alone, and a chip after parsing.
import type { Element, ElementContent, Root, Text } from "hast";
import type { Citation } from "../bindings/Citation";

export interface Cited {
  /** The number on the chip. Equal places share a number, but their checks can differ, because each checks the words beside its mark. */
  number: number;
  path: string;
  startLine: number;
  endLine: number;
  /** Absent until the host has resolved it. */
  found?: Citation;
}

const MARK = /\[\[([^[\]\n]+?)(?:#L(\d+)(?:\s*[-–]\s*L?(\d+))?)?\]\]/g;
const OPEN = String.fromCharCode(0xe000);
const CLOSE = String.fromCharCode(0xe001);
const TOKEN = new RegExp(`${OPEN}(\\d+)${CLOSE}`);
const TOKENS = new RegExp(TOKEN, "g");
/** The placeholder characters, literal or as entities. Removed from answers, so that an answer cannot forge a chip. */
const RESERVED = new RegExp(`[${OPEN}${CLOSE}]|&#(?:x0*e00[01]|0*5734[45]);`, "gi");

/** Replaces the marks of an answer by placeholders and numbers them. While the answer is `arriving`, an unfinished mark is held back. */
export function takeCitations(answer: string, found: readonly Citation[], arriving: boolean): { text: string; cited: Cited[] } {
  const whole = arriving ? answer.replace(/\[\[?[^\]\n]*\]?$/, "") : answer;
  const cited: Cited[] = [];
  const numbers = new Map<string, number>();
  const text = whole.replace(RESERVED, "\ufffd").replace(MARK, (_, name: string, start?: string, end?: string) => {
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

/** The resolved citation of a mark. The host resolves marks in the order of the answer. */
function resolved(found: readonly Citation[], index: number, path: string, startLine: number): Citation | undefined {
  const place = found[index];
  return place?.path === path ? place : found.find((c) => c.path === path && c.start_line === startLine);
}

/** The cited places, each once. */
export const places = (cited: readonly Cited[]) => cited.filter((c, i) => cited.findIndex((d) => d.number === c.number) === i);

/** The answer with plain numbers in place of marks, and the numbered places. */
export function answerInNumbers(answer: string, found: readonly Citation[]): { body: string; cited: Cited[] } {
  const { text, cited } = takeCitations(answer, found, false);
  const body = text.replace(TOKENS, (_, index: string) => `[${cited[Number(index)]?.number ?? "?"}]`);
  return { body, cited: places(cited) };
}

/** The answer for the clipboard, with a list of places below. */
export function asPlainText(answer: string, found: readonly Citation[]): string {
  const { body, cited } = answerInNumbers(answer, found);
  const list = cited.map((c) => `[${c.number}] ${c.path}, ${c.found?.place ?? `lines ${c.startLine}–${c.endLine}`}`);
  return list.length > 0 ? `${body}\n\n${list.join("\n")}` : body;
}

/** A rehype plugin that turns placeholders into `cite` elements. Those of the `marks` that are not visible are listed below the answer. */
export function rehypeCitations(marks: number) {
  return (tree: Root) => {
    const shown = new Set<number>();
    tree.children = split(tree.children as ElementContent[], shown);
    const unseen = Array.from({ length: marks }, (_, index) => index).filter((index) => !shown.has(index));
    if (unseen.length === 0) return;
    // For example in a link's address. An answer must not hide a place that was not found.
    const words: Text = { type: "text", value: "Also cited in a hidden part of the answer: " };
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
    // Screen readers read a picture's description as it is.
    if (typeof child.properties.alt === "string") child.properties.alt = child.properties.alt.replace(TOKENS, "");
    child.children = split(child.children, shown);
    // Models often write places as code; a chip needs no code style.
    const bare = child.tagName === "code" && child.children.every((c) => c.type === "element" && c.tagName === "cite");
    return bare && child.children.length > 0 ? child.children : [child];
  });
}

/** Ties the last word to the chip after it, so that no line begins with a lone number. */
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

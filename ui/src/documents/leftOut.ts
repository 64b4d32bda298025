// Files left out, counted by reason: "3 images, 1 protected with a password".
import type { LeftOut } from "../bindings/LeftOut";
import { count } from "../text/format";

/** Number of reasons that are named, before the rest is added up. */
const MAX_NAMED = 4;

export function leftOutWords(reasons: readonly LeftOut[]): string {
  // The text after a colon differs from file to file.
  const byKind = new Map<string, number>();
  for (const { reason, files } of reasons) {
    const kind = reason.split(":")[0] ?? reason;
    byKind.set(kind, (byKind.get(kind) ?? 0) + files);
  }
  const all = [...byKind].sort(([, a], [, b]) => b - a);
  const named = all.slice(0, all.length > MAX_NAMED + 1 ? MAX_NAMED : MAX_NAMED + 1);
  const rest = all.slice(named.length).reduce((sum, [, files]) => sum + files, 0);
  const words = named.map(([reason, files]) => reasonWords(reason, files));
  if (rest > 0) words.push(`${count(rest)} for other reasons`);
  return words.join(", ");
}

/** "an image" and 3 -> "3 images" */
export function reasonWords(reason: string, files: number): string {
  const thing = /^an? (.+?)( (?:of|that|inside|with|in|for) .*)?$/.exec(reason);
  if (thing) {
    const [, noun = "", rest = ""] = thing;
    return `${count(files)} ${files === 1 ? noun : many(noun)}${files === 1 ? rest : rest.replace(/^ that leads /, " that lead ")}`;
  }
  const state = reason.replace(/^it is /, "");
  const may = /^(Plumb may not .+) it$/.exec(state);
  if (may) return `${count(files)} that ${may[1]}`;
  return /^(it|its|there|the|reading) /.test(state)
    ? `${count(files)} because ${state}`
    : /^no /.test(state)
      ? `${count(files)} with ${state}`
      : `${count(files)} ${state}`;
}

const many = (noun: string) =>
  /[^aeiou]y$/.test(noun) ? noun.replace(/y$/, "ies") : /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;

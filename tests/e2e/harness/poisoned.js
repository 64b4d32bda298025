// Reads the poisoned documents of tests/attacks/poisoned.toml. Node has no TOML parser, and the file uses little of TOML.
import { readFileSync } from "node:fs";
import path from "node:path";

const file = path.join(import.meta.dirname, "../../attacks/poisoned.toml");

/** The next token: white space, a comment, a table, a key or a value, with three kinds of strings. */
const token =
  /\s+|#.*|\[\[poison\]\]|(?<key>\w+) *= *|'''\n?(?<raw>[^]*?)'''|"""\n?(?<long>(?:\\[^]|[^\\])*?)"""|"(?<short>(?:\\.|[^"\\\n])*)"|true|[[\],]/y;

const unescaped = (text) =>
  JSON.parse(`"${text.replace(/\\[^]|["\n]/g, (found) => (found === '"' ? '\\"' : found === "\n" ? "\\n" : found))}"`);

/** All entries as objects. */
export function poisons() {
  const text = readFileSync(file, "utf8");
  const all = [];
  let key;
  let list;
  const put = (value) => (list ? list.push(value) : (all.at(-1)[key] = value));
  for (token.lastIndex = 0; token.lastIndex < text.length;) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found)
      throw new Error(`${file}, line ${text.slice(0, at).split("\n").length}: this reader does not know that much TOML`);
    const { raw, long, short } = found.groups;
    if (found[0] === "[[poison]]") all.push({});
    else if (found.groups.key) key = found.groups.key;
    else if (raw !== undefined) put(raw);
    else if (long !== undefined) put(unescaped(long));
    else if (short !== undefined) put(unescaped(short));
    else if (found[0] === "true") put(true);
    else if (found[0] === "[") list = all.at(-1)[key] = [];
    else if (found[0] === "]") list = undefined;
  }
  return all;
}

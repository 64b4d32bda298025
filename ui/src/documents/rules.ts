// What a folder's rules leave out, and the switches that let it in.
import type { LeftOutByRule } from "../bindings/LeftOutByRule";
import { count, plural } from "../text/format";

export interface Rule {
  /** Its name, which its switch has as well. */
  name: LeftOutByRule["rule"];
  title: string;
  about: string;
  short: string;
}

export const rules: readonly Rule[] = [
  { name: "hidden", title: "Hidden files", about: "Names that begin with a dot.", short: "hidden" },
  {
    name: "ignored",
    title: "Ignored files",
    about: "What a project's .gitignore or .ignore leaves out: built files, mostly.",
    short: "ignored",
  },
  { name: "git", title: "Inside of .git", about: "Where Git keeps the history of a project.", short: "in .git" },
];

const filesOf = (rule: Rule, leftOut: readonly LeftOutByRule[]) => leftOut.find((left) => left.rule === rule.name)?.files ?? 0;

/** What switching a rule off would add. A folder counts once, whatever lies in it. */
export function wouldAdd(rule: Rule, leftOut: readonly LeftOutByRule[]): string {
  const files = filesOf(rule, leftOut);
  return files === 0 ? "There are none here." : `Adds ${plural(files, "file or folder", "files and folders")}.`;
}

/** "3 hidden, 12 ignored"; empty where nothing is. */
export function byRules(leftOut: readonly LeftOutByRule[]): string {
  return rules
    .map((rule) => ({ rule, files: filesOf(rule, leftOut) }))
    .filter(({ files }) => files > 0)
    .map(({ rule, files }) => `${count(files)} ${rule.short}`)
    .join(", ");
}

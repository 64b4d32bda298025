// The rules that leave files out of a library's list.
import type { LeftOutByRule } from "../bindings/LeftOutByRule";
import { count, plural } from "../text/format";

export interface Rule {
  /** The rule's name, which is also the name of its switch. */
  name: LeftOutByRule["rule"];
  title: string;
  about: string;
  short: string;
}

export const rules: readonly Rule[] = [
  { name: "hidden", title: "Hidden files", about: "Files whose names begin with a dot.", short: "hidden" },
  {
    name: "ignored",
    title: "Ignored files",
    about: "Files that a project's .gitignore or .ignore excludes, mostly build output.",
    short: "ignored",
  },
  { name: "git", title: "Files in .git", about: "The folder where Git keeps a project's history.", short: "in .git" },
];

const filesOf = (rule: Rule, leftOut: readonly LeftOutByRule[]) => leftOut.find((left) => left.rule === rule.name)?.files ?? 0;

/** The number of files that listing a rule's files would add. A folder counts once, whatever its content. */
export function wouldAdd(rule: Rule, leftOut: readonly LeftOutByRule[]): string {
  const files = filesOf(rule, leftOut);
  return files === 0 ? "There are none here." : `Adds ${plural(files, "file or folder", "files and folders")}.`;
}

/** "3 hidden, 12 ignored"; empty if nothing is left out. */
export function byRules(leftOut: readonly LeftOutByRule[]): string {
  return rules
    .map((rule) => ({ rule, files: filesOf(rule, leftOut) }))
    .filter(({ files }) => files > 0)
    .map(({ rule, files }) => `${count(files)} ${rule.short}`)
    .join(", ");
}

// What a folder's rules leave out, and the switches that let it in.
import type { Include } from "../bindings/Include";
import type { LeftOut } from "../bindings/LeftOut";
import { count, plural } from "../text/format";

export interface Rule {
  name: keyof Include;
  title: string;
  about: string;
  /** Whether a reason of the host speaks of this rule. */
  says: RegExp;
  short: string;
}

export const rules: readonly Rule[] = [
  { name: "hidden", title: "Hidden files", about: "Names that begin with a dot.", says: /^hidden/, short: "hidden" },
  {
    name: "ignored",
    title: "Ignored files",
    about: "What a project's .gitignore or .ignore leaves out: built files, mostly.",
    says: /ignore/,
    short: "ignored",
  },
  { name: "git", title: "Inside of .git", about: "Where Git keeps the history of a project.", says: /\.git$/, short: "in .git" },
];

const filesOf = (rule: Rule, leftOut: readonly LeftOut[]) =>
  leftOut.filter(({ reason }) => rule.says.test(reason)).reduce((sum, { files }) => sum + files, 0);

/** What switching a rule off would add. A folder counts once, whatever lies in it. */
export function wouldAdd(rule: Rule, leftOut: readonly LeftOut[]): string {
  const files = filesOf(rule, leftOut);
  return files === 0 ? "There are none here." : `Adds ${plural(files, "file or folder", "files and folders")}.`;
}

/** "3 hidden, 12 ignored"; empty where nothing is. */
export function byRules(leftOut: readonly LeftOut[]): string {
  return rules
    .map((rule) => ({ rule, files: filesOf(rule, leftOut) }))
    .filter(({ files }) => files > 0)
    .map(({ rule, files }) => `${count(files)} ${rule.short}`)
    .join(", ");
}

// Documents inside of archives, e-mails and mailboxes stand below what they lie in.
import type { DocumentEntry } from "../bindings/DocumentEntry";
import { fileName, folderOf } from "../text/format";
import { isContainer } from "./kinds";

/** A document in the list. */
export interface Row {
  entry: DocumentEntry;
  /** How many others it lies in. */
  depth: number;
  name: string;
  /** The folder of its container, or of the library, that it lies in. */
  folder: string;
  /** How many documents that are shown lie in it, in all depths. */
  members: number;
  /** They are shown. Absent where there are none. */
  open?: boolean;
  /** It is listed only for what lies in it. */
  aside: boolean;
}

interface Branch {
  entry: DocumentEntry;
  within?: string;
  below: Branch[];
}

/** A listing, put in order once; what is shown of it changes more often. */
export type Grouped = readonly Branch[];

export function group(entries: readonly DocumentEntry[]): Grouped {
  const containers = new Map<string, Branch>();
  const branches = entries.map((entry): Branch => {
    const branch = { entry, below: [] };
    if (entry.state === "opened" || isContainer(entry.kind)) containers.set(entry.path, branch);
    return branch;
  });
  if (containers.size === 0) return branches;
  // Most slashes are no container's end; that is told faster by a number than by a text.
  const ends = new Set([...containers.keys()].map((path) => path.length));
  return branches.filter((branch) => {
    const within = containerOf(branch.entry.path, containers, ends);
    if (!within) return true;
    branch.within = within.entry.path;
    within.below.push(branch);
    return false;
  });
}

function containerOf(path: string, containers: ReadonlyMap<string, Branch>, ends: ReadonlySet<number>): Branch | undefined {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const found = ends.has(end) ? containers.get(path.slice(0, end)) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** More than this are shown only when they are asked for. */
const FEW = 20;

interface Choice {
  wanted?: ((entry: DocumentEntry) => boolean) | undefined;
  /** What the person has opened and closed. */
  opened?: ReadonlyMap<string, boolean>;
}

/** The rows that are shown, from top to bottom. */
export function rowsOf(grouped: Grouped, { wanted, opened }: Choice = {}): Row[] {
  const counted = new Map<Branch, number>();
  const count = (branch: Branch): number => {
    let members = 0;
    for (const below of branch.below) members += count(below);
    if (members > 0) counted.set(branch, members);
    return members + (wanted?.(branch.entry) === false ? 0 : 1);
  };
  const rows: Row[] = [];
  const show = (branch: Branch, depth: number) => {
    const members = counted.get(branch) ?? 0;
    const aside = wanted?.(branch.entry) === false;
    if (aside && members === 0) return;
    const { entry, within } = branch;
    const inside = within === undefined ? entry.path : entry.path.slice(within.length + 1);
    // What is sought inside of something is shown without another click.
    const open = opened?.get(entry.path) ?? (wanted !== undefined || members <= FEW);
    const row = { entry, depth, name: fileName(inside), folder: folderOf(inside), members, aside };
    rows.push(members > 0 ? { ...row, open } : row);
    if (open) for (const below of branch.below) show(below, depth + 1);
  };
  for (const branch of grouped) {
    count(branch);
    show(branch, 0);
  }
  return rows;
}

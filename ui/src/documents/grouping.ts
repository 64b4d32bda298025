// Groups documents inside archives, e-mails and mailboxes below their container.
import type { DocumentEntry } from "../bindings/DocumentEntry";
import { fileName, folderOf } from "../text/format";
import { isContainer } from "./kinds";

/** A document in the list. */
export interface Row {
  entry: DocumentEntry;
  /** Number of containers around it. */
  depth: number;
  name: string;
  /** Its folder inside its container, or inside the library. */
  folder: string;
  /** Number of visible documents inside it, at any depth. */
  members: number;
  /** Its members are unfolded. Absent if it has none. */
  open?: boolean;
  /** It does not match the filter, and is listed only for the members that do. */
  aside: boolean;
}

interface Branch {
  entry: DocumentEntry;
  within?: string;
  below: Branch[];
}

/** A listing, grouped once. Filters and folding change more often. */
export type Grouped = readonly Branch[];

export function group(entries: readonly DocumentEntry[]): Grouped {
  const containers = new Map<string, Branch>();
  const branches = entries.map((entry): Branch => {
    const branch = { entry, below: [] };
    if (entry.state === "opened" || isContainer(entry.kind)) containers.set(entry.path, branch);
    return branch;
  });
  if (containers.size === 0) return branches;
  // Most slashes do not end a container's path. Comparing lengths rules them out faster than comparing texts.
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

/** A container with more members than this starts folded. */
const MAX_MEMBERS_UNFOLDED = 20;

interface Choice {
  wanted?: ((entry: DocumentEntry) => boolean) | undefined;
  /** Containers that you have folded or unfolded. */
  opened?: ReadonlyMap<string, boolean>;
}

/** The visible rows, from top to bottom. */
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
    // A match inside a container is visible without another click.
    const open = opened?.get(entry.path) ?? (wanted !== undefined || members <= MAX_MEMBERS_UNFOLDED);
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

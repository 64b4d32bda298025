// Checks on the source itself: which file may import which.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = import.meta.dirname;

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.tsx?$/.test(file) && !file.startsWith(`bindings${path.sep}`),
);
const known = new Set(files);

/** The specifiers a file imports, types included. */
const importsOf = (file: string) =>
  [...readFileSync(path.join(root, file), "utf8").matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(
    ([, name]) => name ?? "",
  );

/** The file of ours that a relative import leads to. */
function resolve(from: string, name: string): string | undefined {
  const base = path.join(path.dirname(from), name);
  return [base, `${base}.ts`, `${base}.tsx`, path.join(base, "index.ts")].find((file) => known.has(file));
}

const graph = new Map(
  files.map((file) => [file, importsOf(file).flatMap((name) => (name.startsWith(".") ? (resolve(file, name) ?? []) : []))]),
);

/** A path that leads back to its first node, if there is one. */
function cycleIn(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, above: string[]): string[] | undefined => {
    if (above.includes(node)) return [...above.slice(above.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const cycle = walk(next, [...above, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = walk(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** The top folder of a file; files at the top are rooms of their own. */
const roomOf = (file: string) => file.split(path.sep)[0] ?? file;

test("a cycle is found, and a diamond is none", () => {
  const edges = (list: [string, string[]][]) => new Map(list);
  expect(
    cycleIn(
      edges([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["b"]],
      ]),
    ),
  ).toEqual(["b", "c", "b"]);
  expect(
    cycleIn(
      edges([
        ["a", ["b", "c"]],
        ["b", ["d"]],
        ["c", ["d"]],
      ]),
    ),
  ).toBeUndefined();
});

test("the imports of the window's files are resolved", () => {
  expect(graph.get("main.tsx")).toContain("App.tsx");
  expect(graph.get("App.tsx")).toContain(path.join("sidebar", "Sidebar.tsx"));
});

test("no file imports itself through others", () => {
  expect(cycleIn(graph)).toBeUndefined();
});

test("no room imports itself through others", () => {
  const rooms = new Map<string, string[]>();
  for (const [file, imported] of graph) {
    const others = imported.map(roomOf).filter((room) => room !== roomOf(file));
    rooms.set(roomOf(file), [...(rooms.get(roomOf(file)) ?? []), ...others]);
  }
  expect(cycleIn(rooms)).toBeUndefined();
});

test("only platform imports the window's shell", () => {
  const shell = files.filter((file) => importsOf(file).some((name) => name.startsWith("@tauri-apps")));
  expect(shell.length).toBeGreaterThan(0);
  expect(new Set(shell.map(roomOf))).toEqual(new Set(["platform"]));
});

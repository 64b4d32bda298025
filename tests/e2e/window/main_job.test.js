// The main job: start, drop a folder, ask, watch the steps, open a source, find the question in the history.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { question, root, rules } from "../harness/archive.js";
import { Home } from "../harness/home.js";
import { ModelServer } from "../harness/scripted.js";
import { Window } from "../harness/window.js";

describe("the main job in the window", () => {
  let home, server, window, answered;
  before(async () => {
    home = await Home.make();
    server = await ModelServer.start(home, root, rules);
    window = await Window.open(home);
  });
  after(async () => {
    await window?.close();
    await server?.end();
    await home?.remove();
  });

  it("welcomes a new user and takes a server without a key", async () => {
    await window.the("welcome");
    await window.the("choose-builtin");
    await window.picture("1-welcome");
    await window.chooseServer(server.address);
    await window.picture("2-no-folder-yet");
  });

  it("opens a folder that is dropped", async () => {
    await window.open(await home.archive());
    assert.match((await window.texts("library-item"))[0], /^archive/);
    await window.picture("3-folder-open");
  });

  it("shows the tree growing while it runs", async () => {
    await window.ask(question);
    const steps = [];
    const nodes = [];
    let tree = false;
    for (;;) {
      const status = await window.status();
      const now = await window.count(tree ? "tree-node" : "story-step");
      if (status !== "running") break;
      (tree ? nodes : steps).push(now);
      if (!tree && now >= 4) {
        await window.picture("4-running-story");
        await window.press("Tree");
        tree = true;
      }
      if (tree && (await window.texts("tree-node")).filter((row) => row.startsWith("Call")).length >= 4 && !nodes.pictured) {
        nodes.pictured = true;
        await window.picture("5-running-tree");
      }
      await sleep(100);
    }
    assert.equal(await window.status(), "answered");
    const grew = (counts, least) => new Set(counts).size >= least && counts.every((n, i) => i === 0 || n >= counts[i - 1]);
    assert.ok(grew(steps, 2), `steps: ${steps}`);
    assert.ok(grew(nodes, 3), `nodes of the tree: ${nodes}`);
    assert.ok(nodes.pictured, "its sub-calls were seen while it ran");
  });

  it("shows the answer with a checked mark for each place", async () => {
    answered = await window.shown();
    assert.match(answered.answer, /not less than thirty months/);
    assert.doesNotMatch(answered.answer, /\[\[/);
    assert.deepEqual(
      answered.chips.map(([, verified]) => verified),
      ["quote_found", "place_found", "quote_found", "not_found"],
    );
    const calls = (await server.stats()).rule_requests[0];
    assert.equal(answered.tree.filter((row) => row.startsWith("Call")).length, calls);
    assert.match(answered.meter, /\$0\.0\d/);
    await window.picture("6-answered");
    await window.press("Tree");
    await window.picture("7-answered-tree");
    await window.press("Time");
    await window.picture("8-answered-time");
  });

  it("opens a place at its lines, and marks them", async () => {
    await window.click("citation-chip");
    const line = await window.the("source-line-highlight");
    assert.match((await window.texts("source-line-highlight")).join(" "), /not less[\s\d]+than thirty months/);
    assert.equal(await window.attribute("source-view", "data-path"), "agreements/concession-agreement-1962.pdf");
    const seen = await window.page((line) => {
      const box = line.getBoundingClientRect();
      return box.height > 0 && line.contains(document.elementFromPoint(box.left + 60, box.top + box.height / 2));
    }, line);
    assert.ok(seen, "the line is in sight");
    await window.picture("9-place-open");
  });

  it("keeps the theme and reopens the question after a restart", async () => {
    await window
      .press("scripted", "nav button span span")
      .catch(() => window.find('nav [aria-label="Settings"]').then((e) => e.click()));
    await window.the("settings");
    await window.press("Dark");
    await window.until("it is dark", () => document.documentElement.dataset.theme === "dark");
    await window.picture("10-settings");
    await window.close();
    window = await Window.open(home);
    await window.the("history-item");
    assert.equal(await window.page(() => document.documentElement.dataset.theme), "dark");
    assert.deepEqual(await window.texts("history-item"), [question]);
    await window.click("history-item");
    await window.untilStatus("answered");
    assert.deepEqual(await window.shown(), answered);
    assert.equal((await server.stats()).root_requests, root.length, "reopening asks nobody");
    await window.click("citation-chip");
    await window.the("source-line-highlight");
    await window.picture("11-reopened");
  });
});

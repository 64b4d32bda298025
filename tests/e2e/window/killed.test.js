// Nothing is lost: a run continues after its window was killed.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Scene } from "../harness/scene.js";
import { hangs, says, when, writes } from "../harness/scripted.js";
import { Window } from "../harness/window.js";

const batch = `import random
lot = random.random()
replies = llm_query_batched([f"QUICK {n}" for n in range(8)] + [f"SLOW {n}" for n in range(4)])
print(len(replies), lot)`;

describe("a window that is killed in the middle of a run", () => {
  let scene, server, window;
  before(async () => {
    const root = [writes("I ask about twelve parts.", batch), writes("Done.", `FINAL(" ".join(replies))`)];
    const slow = [hangs, hangs, hangs, hangs, says("slow", { latency_ms: 800 })];
    scene = await Scene.set(root, [when("QUICK", says("quick")), when("SLOW", ...slow)]);
    ({ server, window } = scene);
  });
  after(() => scene?.end());

  it("leaves the run in the history as interrupted", async () => {
    await window.ask("What do the twelve parts say?");
    await server.until(
      "eight answered and four asked",
      (s) => s.rule_requests[0] === 8 && s.rule_requests[1] === 4 && s.in_flight === 4,
    );
    await sleep(500);
    await window.kill();
    await server.until("nobody waiting", (s) => s.in_flight === 0);
    window = scene.window = await Window.open(scene.home);
    await window.the("history-item");
    assert.equal(await window.attribute("history-item", "data-status"), "interrupted");
    await window.click("history-item");
    await window.untilStatus("interrupted");
    await window.the("continue-button");
    await window.press("Tree");
    assert.equal((await window.texts("tree-node")).filter((row) => row.startsWith("Call")).length, 12);
    await window.picture("13-interrupted");
  });

  it("continues without sending finished calls again", async () => {
    await window.click("continue-button");
    await window.untilStatus("answered");
    assert.deepEqual(await window.texts("answer"), [`${"quick ".repeat(8)}slow slow slow slow`]);
    const { root_requests, rule_requests } = await server.stats();
    assert.deepEqual([root_requests, rule_requests], [2, [8, 8]]);
    await window.picture("14-continued");
  });
});

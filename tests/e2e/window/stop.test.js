// A stopped run says so, and continues on request.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Scene } from "../harness/scene.js";
import { hangs, says, when, writes } from "../harness/scripted.js";

const batch = `replies = llm_query_batched([f"QUICK {n}" for n in range(3)] + ["SLOW"])`;

describe("stopping in the window", () => {
  let scene, server, window;
  before(async () => {
    const root = [writes("I ask about the parts.", batch), writes("Done.", `FINAL(" ".join(replies))`)];
    scene = await Scene.set(root, [when("QUICK", says("quick")), when("SLOW", hangs, says("slow"))]);
    ({ server, window } = scene);
  });
  after(() => scene?.end());

  it("stops a run at once, and offers to continue it", async () => {
    await window.ask("What do the parts say?");
    await server.until(
      "only the slow call left",
      (s) => s.rule_requests[0] === 3 && s.rule_requests[1] === 1 && s.in_flight === 1,
    );
    await window.click("stop-button");
    await window.untilStatus("stopped", 10);
    await window.the("continue-button");
    assert.equal(await window.attribute("history-item", "data-status"), "stopped");
    assert.equal(await window.count("stop-button"), 0);
    await server.until("nobody waiting", (s) => s.in_flight === 0);
    await window.picture("12-stopped");
  });

  it("continues without repeating finished calls", async () => {
    await window.click("continue-button");
    await window.untilStatus("answered", 15);
    assert.deepEqual(await window.texts("answer"), ["quick quick quick slow"]);
    const { root_requests, rule_requests } = await server.stats();
    assert.deepEqual([root_requests, rule_requests], [2, [3, 2]]);
    assert.equal(await window.attribute("history-item", "data-status"), "answered");
  });
});

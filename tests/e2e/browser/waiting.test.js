// A provider that asks to wait: the page says so for as long as it lasts, and lists it among the steps.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { faults, untilStatus } from "../harness/browser.js";
import { PageScene } from "../harness/scene.js";
import { writes } from "../harness/scripted.js";

describe("a provider that asks to wait", () => {
  let scene, server, page;
  before(async () => {
    const busy = { status: 429, body: `{"error": {"message": "Slow down."}}`, retry_after: "6" };
    scene = await PageScene.set([busy, writes("I know that.", `FINAL("After a while: " + str(len(files())))`)]);
    ({ server, page } = scene);
  });
  after(() => scene?.end());

  const waits = "The provider asked us to wait 6 s";

  it("is shown while it lasts", async () => {
    await page.getByTestId("ask-input").fill("How many documents are there?");
    await page.getByTestId("ask-button").click();
    await page.getByTestId("run-status").getByText(waits).waitFor();
    assert.deepEqual(await faults(page, "browser-16-waiting"), []);
  });

  it("disappears when it ends, and stays among the steps", async () => {
    await untilStatus(page, "answered");
    assert.equal(await page.getByTestId("run-status").getByText(waits).count(), 0);
    await page.locator('[data-testid="story-step"][data-kind="trouble"]', { hasText: waits }).waitFor();
    assert.equal((await server.stats()).requests, 2);
  });
});

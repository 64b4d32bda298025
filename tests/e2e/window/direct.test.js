// A short text goes to the model in one call, and the answer streams in.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Home } from "../harness/home.js";
import { ModelServer, says } from "../harness/scripted.js";
import { Window } from "../harness/window.js";

const answer = `The meeting is on Tuesday [[note.txt#L1]]. ${"It was moved twice before, as the minutes say. ".repeat(12)}`;

describe("a short text", () => {
  let home, server, window;
  before(async () => {
    home = await Home.make();
    const file = await home.write("short/note.txt", "The meeting is on Tuesday.\nIt was moved twice.\n");
    server = await ModelServer.start(home, [says(answer, { piece_delay_ms: 60 }), { ...says(answer), cut_after: 3 }]);
    window = await Window.open(home);
    await window.chooseServer(server.address);
    await window.open(file);
  });
  after(async () => {
    await window?.close();
    await server?.end();
    await home?.remove();
  });

  it("is answered at once, and the answer grows while it arrives", async () => {
    await window.ask("When is the meeting?");
    const lengths = new Set();
    while ((await window.status()) === "running") {
      lengths.add(await window.page(() => document.querySelector('[data-testid="answer"]')?.innerText.length ?? 0));
      await sleep(80);
    }
    assert.equal(await window.status(), "answered");
    assert.ok(lengths.size >= 4, `lengths of the answer while it arrived: ${[...lengths]}`);
    assert.equal(await window.count("citation-chip"), 1);
    await window.click("citation-chip");
    assert.match(await (await window.the("source-line-highlight")).getText(), /on Tuesday/);
    await window.picture("15-direct");
  });

  it("explains a reply that the server cut off", async () => {
    await window.ask("And before that?");
    await window.untilStatus("failed");
    await window.the("continue-button");
    const [said] = await window.texts("run-status");
    assert.match(said, /server|model|connection/i);
    await window.picture("16-failed");
  });
});

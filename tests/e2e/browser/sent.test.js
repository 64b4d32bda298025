// Text that left this computer: a line at the answer and the details beside it, compared with the requests the server got.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { faults, tooWide, untilStatus } from "../harness/browser.js";
import { PageScene } from "../harness/scene.js";
import { writes } from "../harness/scripted.js";

describe("the record of sent text", () => {
  let scene, server, page;
  before(async () => {
    const look = "first = files()[0]\nprint(context[first])";
    scene = await PageScene.set([writes("I look.", look), writes("I know.", "FINAL(first)")]);
    ({ server, page } = scene);
    await page.getByTestId("ask-input").fill("Which is the first?");
    await page.getByTestId("ask-button").click();
    await untilStatus(page, "answered");
  });
  after(() => scene?.end());

  const host = () => new URL(server.address).host;

  it("a line says that nothing left, and names the local server", async () => {
    assert.equal(await page.getByTestId("sent").innerText(), `Nothing left this computer: ${host()} is on it`);
  });

  it("the details match the server's count of bytes and requests", async () => {
    await page.getByTestId("sent").focus();
    await page.keyboard.press("Enter");
    const sent = page.getByRole("group", { name: "Sent text" });
    await sent.waitFor();
    const words = await sent.innerText();
    const { requests, bytes_in: bytes } = await server.stats();
    assert.match(words, new RegExp(`http://${host()}`));
    assert.match(words, new RegExp(`${requests} requests, ${Math.round(bytes / 1000)} KB, about [\\d,]+ tokens`));
    assert.match(words, /text of at most 1 document\n/i);
    const answer = (await page.getByTestId("answer").innerText()).trim();
    assert.deepEqual(await sent.getByRole("listitem").allInnerTexts(), [answer]);
    assert.deepEqual(await faults(page, "browser-16-sent"), []);
  });

  it("it fits a small window, and is gone without a question", async () => {
    await page.setViewportSize({ width: 900, height: 600 });
    assert.deepEqual(await tooWide(page), []);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.keyboard.press("Control+n");
    await page.getByRole("tab", { name: "Sent" }).waitFor({ state: "detached" });
    assert.equal(await page.getByRole("tab", { name: "Source" }).getAttribute("aria-selected"), "true");
  });
});

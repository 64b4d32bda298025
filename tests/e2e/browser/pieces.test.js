// A separate model for the pieces: chosen in the page with its own address and price, and called for the pieces only.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { faults, tooWide, untilStatus } from "../harness/browser.js";
import { PageScene } from "../harness/scene.js";
import { ModelServer, says, when, writes } from "../harness/scripted.js";

/** The call that the button "Test" makes. */
const tried = when("Answer with the one word", says("ready"));

describe("a separate model for the pieces", () => {
  let scene, page, pieces;
  before(async () => {
    const ask = `FINAL("The piece says " + llm_query("PIECE"))`;
    scene = await PageScene.set([writes("I ask.", ask), writes("I ask.", ask)], {
      rules: [when("PIECE", says("ours")), tried],
      price: { reading: 10, writing: 100 },
    });
    pieces = await ModelServer.start(scene.home, [], [when("PIECE", says("theirs")), tried]);
    ({ page } = scene);
  });
  after(async () => {
    await pieces?.end();
    await scene?.end();
  });

  const ask = async () => {
    await page.keyboard.press("Control+n");
    await page.getByTestId("ask-input").fill("What does the piece say?");
    await page.getByTestId("ask-button").click();
    await untilStatus(page, "answered");
    return page.getByTestId("answer").innerText();
  };
  const way = async (name) => {
    await page.getByRole("combobox", { name: "For the pieces" }).click();
    await page.getByRole("option", { name }).click();
  };

  it("without one, the main model reads the pieces", async () => {
    assert.equal(await ask(), "The piece says ours");
  });

  it("is chosen with its own provider, address and price", async () => {
    await page.keyboard.press("Control+,");
    await way("Another provider or server");
    const group = page.getByRole("group", { name: "The model for the pieces" });
    await group.getByRole("combobox", { name: "Provider" }).click();
    await page.getByRole("option", { name: "Another server" }).click();
    const said = page
      .locator("form", { has: page.getByTestId("use-provider") })
      .getByRole("status")
      .last();
    assert.match(await said.innerText(), /^For the pieces: Enter a model first/);
    await group.getByLabel("Address", { exact: true }).fill(pieces.address);
    await group.getByLabel("Model", { exact: true }).fill("scripted");
    await page.keyboard.press("Escape");
    await group.getByLabel("Price of reading").fill("1");
    await group.getByLabel("Price of writing").fill("$1");
    await page.getByTestId("test-model").click();
    await page.getByText(/It answered in .+, and the one for the pieces in/).waitFor();
    await group.scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-25-pieces"), []);
    assert.deepEqual(await tooWide(page), []);
    await page.getByTestId("use-provider").click();
    await page.getByText(/pieces read by scripted \(127\.0\.0\.1:\d+\)/).waitFor();
    await page.keyboard.press("Escape");
  });

  it("reads the pieces, and the main model reads none", async () => {
    const [before, theirs] = [await scene.server.stats(), await pieces.stats()];
    assert.equal(await ask(), "The piece says theirs");
    const after = await scene.server.stats();
    assert.equal(after.rule_requests[0], before.rule_requests[0]);
    assert.equal((await pieces.stats()).rule_requests[0], theirs.rule_requests[0] + 1);
    assert.deepEqual(scene.wrong, []);
  });

  it("is kept in the settings, and one choice removes it", async () => {
    await page.keyboard.press("Control+,");
    const group = page.getByRole("group", { name: "The model for the pieces" });
    assert.equal(await group.getByLabel("Address", { exact: true }).inputValue(), pieces.address);
    assert.equal(await group.getByLabel("Price of writing").inputValue(), "1");
    await way("The same model");
    await group.waitFor({ state: "detached" });
    await page.getByTestId("use-provider").click();
    await page.getByText(/pieces read by/).waitFor({ state: "detached" });
  });
});

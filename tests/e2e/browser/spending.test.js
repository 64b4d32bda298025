// Spending: the page, its empty state, the monthly limit, and a question that reaches it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { faults, tooWide, untilStatus } from "../harness/browser.js";
import { PageScene } from "../harness/scene.js";
import { writes } from "../harness/scripted.js";

describe("spending", () => {
  let scene, page;
  before(async () => {
    const replies = [
      writes("I know that.", `FINAL("Yes.")`),
      writes("I look.", "print(1)"),
      writes("I know that too.", `FINAL("No.")`),
    ];
    // A turn that reads 1,200 tokens and writes 60 costs 0.018 dollars.
    scene = await PageScene.set(replies, { price: { reading: 10, writing: 100 } });
    ({ page } = scene);
  });
  after(() => scene?.end());

  const total = () => page.getByTestId("spending-total").innerText();
  const ask = async (question, status) => {
    await page.keyboard.press("Control+n");
    await page.getByTestId("ask-input").fill(question);
    await page.keyboard.press("Enter");
    await untilStatus(page, status);
  };

  it("opens by keyboard, and says what to do first", async () => {
    await page.getByTestId("open-spending").focus();
    await page.keyboard.press("Enter");
    await page.getByText("Ask a question, and its cost appears here.").waitFor();
    assert.equal(await total(), "$0.00");
    assert.deepEqual(await faults(page, "browser-30-spending-empty"), []);
    await page.keyboard.press("Escape");
    await page.getByTestId("ask-input").waitFor();
  });

  it("estimates a question's cost, with the reason", async () => {
    const estimate = page.getByTestId("estimate");
    await estimate
      .getByText(/About \$0–\d+\.\d\d: estimated from the size|About \$\d+\.\d\d–\d+\.\d\d: estimated from the size/)
      .waitFor();
    assert.deepEqual(await faults(page, "browser-34-estimate"), []);
  });

  it("shows costs by provider and model, and opens a question", async () => {
    await ask("Is there a list of dates?", "answered");
    await page.getByTestId("open-spending").getByText("$0.02").waitFor();
    await page.getByTestId("open-spending").click();
    await page.getByText("1 call to models").waitFor();
    assert.equal(await total(), "$0.02");
    assert.match(await page.getByRole("region", { name: "By provider" }).innerText(), /Another server\s+\$0\.02/);
    assert.match(await page.getByRole("region", { name: "By model" }).innerText(), /server:scripted\s+\$0\.02/);
    assert.deepEqual(await faults(page, "browser-31-spending"), []);
    assert.deepEqual(await tooWide(page), []);
    await page.getByRole("button", { name: "Is there a list of dates?", exact: true }).last().click();
    await page.getByRole("heading", { name: "Is there a list of dates?" }).waitFor();
  });

  it("stops at the monthly limit, and continues once it is raised", async () => {
    const limit = () => page.getByLabel("Monthly limit, in US dollars");
    await page.getByTestId("open-spending").click();
    await limit().fill("nothing");
    await page.getByText("Enter an amount above 0.").waitFor();
    await limit().fill("0.04");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("progressbar", { name: "Share of this month’s limit spent" }).waitFor();
    await ask("And another one?", "limit");
    const said = page.getByTestId("run-status");
    assert.match(await said.innerText(), /This month's limit of \$0\.04/);
    await said.getByRole("button", { name: "Open spending" }).click();
    assert.deepEqual(await faults(page, "browser-32-spending-limit"), []);
    await page.setViewportSize({ width: 1920, height: 1080 });
    assert.deepEqual(await faults(page, "browser-33-spending-wide"), []);
    await page.setViewportSize({ width: 1280, height: 800 });
    await limit().fill("");
    await page.keyboard.press("Enter");
    await page.getByRole("progressbar", { name: "Share of this month’s limit spent" }).waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.getByTestId("continue-button").click();
    await untilStatus(page, "answered");
    assert.deepEqual(scene.wrong, []);
  });
});

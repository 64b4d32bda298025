// A library kept on this computer, and the choice of where code runs: the page's words, the keyboard, and the effect.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { faults, tooWide, untilStatus } from "../harness/browser.js";
import { PageScene } from "../harness/scene.js";
import { writes } from "../harness/scripted.js";

/** An address off this computer where nobody answers. */
const elsewhere = "http://10.255.255.1/v1";

describe("a library kept on this computer", () => {
  let scene, page;
  before(async () => {
    scene = await PageScene.set([writes("I know that.", `FINAL("Here: " + str(len(files())))`)]);
    ({ page } = scene);
  });
  after(() => scene?.end());

  const lock = () => page.getByTestId("library-item").getByLabel("Kept on this computer");
  const items = () => page.getByTestId("history-item").count();
  const focused = () => page.evaluate(() => document.activeElement?.dataset.testid ?? document.activeElement?.textContent);
  /** Uses only keys, starting from the library's row. */
  const toggleByKeyboard = async () => {
    await page.getByTestId("library-item").focus();
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "library-menu");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.dataset.testid === "keep-local");
    await page.keyboard.press("Enter");
  };
  const ask = async (question) => {
    await page.getByTestId("ask-input").fill(question);
    await page.getByTestId("ask-button").click();
  };

  it("is marked by keyboard, and shows the mark", async () => {
    assert.equal(await lock().count(), 0);
    await toggleByKeyboard();
    await lock().waitFor();
    await page.locator('[data-testid="keep-local"][aria-checked="true"]').waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("ask-input").focus();
    assert.deepEqual(await faults(page, "browser-12-kept"), []);
  });

  it("a model on this computer still answers", async () => {
    await ask("How many documents are there?");
    await untilStatus(page, "answered");
    assert.match(await page.getByTestId("answer").innerText(), /^Here: \d+$/);
  });

  it("a model elsewhere is refused at once; the question stays", async () => {
    await page.keyboard.press("Control+,");
    await page.getByLabel("Address", { exact: true }).fill(elsewhere);
    await page.getByTestId("use-provider").click();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+n");
    const before = await items();
    const since = Date.now();
    await ask("Does this leave?");
    const trouble = page.getByTestId("trouble");
    await trouble.waitFor();
    assert.ok(Date.now() - since < 3000, "no connection was waited for");
    assert.equal(await trouble.getAttribute("data-code"), "local_only");
    assert.match(await trouble.innerText(), /“archive” is marked to stay on this computer.*“Let it leave”/s);
    assert.equal(await page.getByTestId("ask-input").inputValue(), "Does this leave?");
    assert.equal(await items(), before, "no question was begun");
    assert.deepEqual(await faults(page, "browser-13-refused"), []);
    await trouble.getByRole("button", { name: "Open settings" }).click();
    await page.getByTestId("settings").waitFor();
    await page.keyboard.press("Escape");
  });

  it("asks before it lets a library leave this computer", async () => {
    await toggleByKeyboard();
    await page.getByRole("alertdialog").waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === "Keep it here");
    assert.deepEqual(await faults(page, "browser-14-let-go"), []);
    await page.keyboard.press("Enter");
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    assert.equal(await lock().count(), 1);

    await toggleByKeyboard();
    await page.waitForFunction(() => document.activeElement?.textContent === "Keep it here");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Let it leave");
    await page.keyboard.press("Enter");
    await lock().waitFor({ state: "detached" });
  });

  it("without the mark the same question starts", async () => {
    const before = await items();
    await ask("Does this leave?");
    // The ending depends on the network in between.
    await page.getByTestId("run-status").waitFor({ state: "attached" });
    assert.equal(await items(), before + 1);
    await page.keyboard.press("Escape");
  });

  it("a browser cannot choose a command that runs code elsewhere", async () => {
    await page.keyboard.press("Control+,");
    const place = page.getByTestId("code-place");
    await page.getByTestId("code-here").focus();
    await page.keyboard.press("ArrowDown");
    await page.getByTestId("code-command").fill("ssh -T me@server ./plumb-python");
    await page.keyboard.press("Enter");
    const refusal = place.getByTestId("code-refusal");
    await refusal.waitFor();
    assert.match(await refusal.innerText(), /A browser may not choose a command/);
    await place.scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-15-code-elsewhere"), []);

    await page.getByTestId("code-use").click();
    await page.getByRole("button", { name: "Use it anyway" }).click();
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    await refusal.waitFor();
    assert.equal(await refusal.count(), 1);
    assert.match(await refusal.innerText(), /A browser may not choose a command/);
    const here = place.locator("div", { has: page.getByTestId("code-here") }).last();
    assert.equal(await here.getByTestId("code-in-use").count(), 1, "code still runs on this computer");
    await page.setViewportSize({ width: 900, height: 600 });
    assert.deepEqual(await tooWide(page), []);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("the settings show the layers, the attempts, the refusals", async () => {
    const sealed = page.getByTestId("sealed");
    const facts = (title) => sealed.locator("div", { has: page.getByRole("heading", { name: title }) }).last();
    await sealed.getByText("Active layers").waitFor({ timeout: 30_000 });
    assert.match(await facts(/Active layers/).innerText(), /system call filter/i);
    assert.match(await facts(/Attempts/).innerText(), /open a file\s+Operation not permitted/i);
    // Which attempts a single layer refuses depends on the kernel; the answer shown must be the kernel's own.
    if ((await sealed.getByRole("heading", { name: /layer alone/ }).count()) > 0)
      assert.match(await facts(/layer alone/).innerText(), /os error \d+/);
  });
});

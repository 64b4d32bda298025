// Choosing a server of models: those that run on this computer are found, and every server is asked what it offers.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { faults, launch, Serving, tooWide } from "../harness/browser.js";
import { Home } from "../harness/home.js";
import { ModelServer, writes } from "../harness/scripted.js";

/** Where SGLang is usually found. */
const USUAL = 30_000;

describe("choosing a server of models", () => {
  let home, server, usual, serving, browser, page;
  before(async () => {
    home = await Home.make();
    const yes = writes("I know that.", `FINAL("Yes.")`);
    server = await ModelServer.start(home, [yes, yes]);
    usual = createServer((request, answer) => {
      const known = request.url === "/v1/models";
      answer.writeHead(known ? 200 : 404, {
        "content-type": "application/json",
      });
      answer.end(
        known
          ? JSON.stringify({
              data: [{ id: "water-7b" }, { id: "canal-3b" }, { id: "canal-embedding" }],
            })
          : "{}",
      );
    });
    usual.listen(USUAL, "127.0.0.1");
    await once(usual, "listening");
    serving = await Serving.start(home, home.folder);
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(serving.entry.href);
    await page.getByTestId("choose-provider").click();
  });
  after(async () => {
    await browser?.close();
    await serving?.end();
    usual?.close();
    await server?.end();
    await home?.remove();
  });

  const provider = () => page.getByRole("combobox", { name: "Provider" });
  const model = () => page.getByLabel("Model", { exact: true });

  it("finds one that runs on this computer, and one press chooses it", async () => {
    const found = page.getByTestId("found-server").filter({ hasText: "SGLang" });
    await found.waitFor();
    assert.match(await found.innerText(), /It offers 2 models\./);
    await found.scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-20-found-server"), []);
    assert.deepEqual(await tooWide(page), []);
    await found.getByRole("button", { name: "Use SGLang" }).click();
    await found.waitFor({ state: "detached" });
    assert.match(await provider().innerText(), /SGLang/);
    assert.equal(await model().inputValue(), "canal-3b");
  });

  it("offers the models that a typed address lists", async () => {
    await provider().click();
    await page.getByRole("option", { name: "Another server" }).click();
    await page.getByLabel("Address", { exact: true }).fill(server.address);
    await page.waitForResponse((answer) => answer.url().endsWith("/api/offered_models") && answer.ok());
    await model().click();
    await page.getByRole("option", { name: "scripted" }).click();
    assert.equal(await model().inputValue(), "scripted");
    await page.getByTestId("test-model").click();
    await page.getByText(/It answered in/).waitFor();
  });

  it("a key is kept and forgotten by keyboard: the focus stays in the form, and what was tested with the key is taken back", async () => {
    await page.getByLabel("Key", { exact: true }).fill("sk-some");
    await page.getByTestId("test-model").click();
    await page.getByText(/It answered in/).waitFor();
    const forget = page.getByRole("button", { name: "Forget the key" });
    await forget.focus();
    await page.keyboard.press("Enter");
    await forget.waitFor({ state: "detached" });
    assert.equal(await page.getByText(/It answered in/).count(), 0);
    const focused = await page.evaluate(() => document.activeElement?.labels?.[0]?.textContent);
    assert.equal(focused, "Key");
  });

  it("an address that is none is told before anything is tried", async () => {
    await page.getByLabel("Address", { exact: true }).fill("water.example.org");
    await page.getByText("The address begins with http:// or https://").waitFor();
    assert.equal(await page.getByTestId("use-provider").getAttribute("aria-disabled"), "true");
  });

  it("a server that is not there is told in plain words, and what to do", async () => {
    await page.getByLabel("Address", { exact: true }).fill("http://127.0.0.1:9/v1");
    await page.getByTestId("test-model").click();
    await page.getByText("Nothing answers at http://127.0.0.1:9 (Connection refused). Start the server there").waitFor();
  });

  it("shows the price of a known model with the day of the table, and takes a cheap one for pieces by one press", async () => {
    await provider().click();
    await page.getByRole("option", { name: "OpenAI", exact: true }).click();
    await model().fill("gpt-6-astra");
    await page.keyboard.press("Escape");
    await page.getByText(/As listed on \d+ \w+ 20\d\d/).waitFor();
    const price = (label) => page.getByLabel(label).getAttribute("placeholder");
    assert.deepEqual([await price("Price of reading"), await price("Price of writing")], ["$10", "$50"]);
    await page.getByRole("button", { name: "Use gpt-6-luna for pieces" }).scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-21-cheaper"), []);
    assert.deepEqual(await tooWide(page), []);
    await page.getByRole("button", { name: "Use gpt-6-luna for pieces" }).click();
    assert.equal(await page.getByLabel("Model for pieces").inputValue(), "gpt-6-luna");
    await page.getByTestId("cheaper-model").waitFor({ state: "detached" });
    await model().fill("of-tomorrow");
    await page.getByText("Without it, a cost limit cannot be kept.").waitFor();
    assert.equal(await price("Price of reading"), "Not known");
  });
});

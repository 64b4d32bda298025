// Choosing a model server: Plumb finds those on this computer, and asks every server for its models.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { faults, launch, Serving, tooWide } from "../harness/browser.js";
import { Home } from "../harness/home.js";
import { Recorder } from "../harness/recorder.js";
import { ModelServer, writes } from "../harness/scripted.js";

/** Where SGLang is usually found. */
const USUAL = 30_000;

describe("choosing a model server", () => {
  let home, server, usual, serving, browser, page;
  before(async () => {
    home = await Home.make();
    const yes = writes("I know that.", `FINAL("Yes.")`);
    server = await ModelServer.start(home, [yes, yes]);
    usual = await Recorder.start(["water-7b", "canal-3b", "canal-embedding", "all-minilm"], USUAL);
    serving = await Serving.start(home, home.folder);
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(serving.entry.href);
  });
  after(async () => {
    await browser?.close();
    await serving?.end();
    usual?.end();
    await server?.end();
    await home?.remove();
  });

  const provider = () => page.getByRole("combobox", { name: "Provider" });
  const model = () => page.getByRole("combobox", { name: "Model", exact: true });

  it("the first start offers a local server with its chat models", async () => {
    const running = page.getByTestId("running-server").filter({ hasText: "SGLang" });
    await running.waitFor();
    await running.scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-19-running-server"), []);
    await running.getByRole("combobox").click();
    await page.getByRole("option", { name: "water-7b" }).waitFor();
    assert.deepEqual(await page.getByRole("option").allInnerTexts(), ["canal-3b", "water-7b"]);
    await page.getByRole("option", { name: "water-7b" }).click();
    await running.getByRole("button", { name: "Use this model" }).click();
    await page.getByTestId("ask-input").waitFor();
    await page.getByText("water-7b").first().waitFor();
    await page.keyboard.press("Control+,");
    await page.getByTestId("settings").waitFor();
    // The model belongs to a server, so the form for servers is open.
    await provider().click();
    await page.getByRole("option", { name: "OpenAI", exact: true }).click();
  });

  it("one click chooses a server found on this computer", async () => {
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

  it("offers the models listed by a typed address", async () => {
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

  it("forgetting a key by keyboard keeps focus, drops the test", async () => {
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

  it("a typed key does not go to another address", async () => {
    const other = await Recorder.start([]);
    await page.getByLabel("Key", { exact: true }).fill("sk-for-the-first");
    await page.getByLabel("Address", { exact: true }).fill(other.address);
    assert.equal(await page.getByLabel("Key", { exact: true }).inputValue(), "");
    await page.getByText(/Plumb could not list its models: .+ You can type the name\./).waitFor();
    await page.getByTestId("test-model").click();
    await page.getByText("The test failed").waitFor();
    assert.ok(other.keys.length >= 2 && other.keys.every((key) => key === null), JSON.stringify(other.keys));
    other.end();
  });

  it("a malformed address is reported before any request", async () => {
    await page.getByLabel("Address", { exact: true }).fill("water.example.org");
    await page.getByText("Start the address with http:// or https://").waitFor();
    assert.equal(await page.getByTestId("use-provider").getAttribute("aria-disabled"), "true");
  });

  it("a missing server is reported with the next step", async () => {
    await page.getByLabel("Address", { exact: true }).fill("http://127.0.0.1:9/v1");
    await page.getByTestId("test-model").click();
    await page.getByText("Nothing answers at http://127.0.0.1:9 (Connection refused). Start the server there").waitFor();
  });

  it("shows a known price, and one click takes a cheaper model", async () => {
    await provider().click();
    await page.getByRole("option", { name: "OpenAI", exact: true }).click();
    await model().fill("gpt-6-astra");
    await page.keyboard.press("Escape");
    await page.getByTestId("known").getByText("$10 read, $50 written, per million tokens").waitFor();
    await page.getByTestId("known").click();
    await page.getByText(/As listed on \d+ \w+ 20\d\d/).waitFor();
    const price = (label) => page.getByLabel(label).getAttribute("placeholder");
    assert.deepEqual([await price("Price of reading"), await price("Price of writing")], ["$10", "$50"]);
    await page.getByTestId("known").click();
    await page.getByRole("button", { name: "Use gpt-6-luna for pieces" }).scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-21-cheaper"), []);
    assert.deepEqual(await tooWide(page), []);
    await page.getByRole("button", { name: "Use gpt-6-luna for pieces" }).click();
    assert.equal(await page.getByLabel("Model for pieces").inputValue(), "gpt-6-luna");
    await page.getByTestId("cheaper-model").waitFor({ state: "detached" });
    await model().fill("of-tomorrow");
    await page.getByText("Without it, Plumb cannot keep a cost limit.").waitFor();
    assert.equal(await price("Price of reading"), "Unknown");
    assert.equal(await page.getByLabel("Model for pieces").count(), 0, "the pieces model was the other model's");
  });

  it("an unreadable price is reported and blocks saving", async () => {
    const reading = page.getByLabel("Price of reading");
    await page.getByLabel("Key", { exact: true }).fill("sk-never-sent");
    await reading.fill("three");
    await page.getByText("This is not an amount. Type it like 2.50.").waitFor();
    assert.equal(await page.getByTestId("use-provider").getAttribute("aria-disabled"), "true");
    assert.deepEqual(await faults(page, "browser-22-wrong-price"), []);
    await reading.fill("$3");
    await page.getByText("Enter this price too: reading and writing have separate prices.").waitFor();
    assert.equal(await page.getByTestId("use-provider").getAttribute("aria-disabled"), "true");
    await page.getByLabel("Price of writing").fill("3,50");
    await page.locator('[data-testid="use-provider"]:not([aria-disabled])').waitFor();
    await model().fill("of-the-day-after");
    assert.equal(await reading.inputValue(), "", "the price was the other model's");
    await page.getByLabel("Key", { exact: true }).fill("");
  });

  it("changed model details are saved in models.toml and reset", async () => {
    const file = home.path("plumb", "data", "models.toml");
    const mine = "# Mine.\n[[model]]\nprovider = 'server'\nname = 'other' # stays\nmax_output = 2_048\n";
    await home.write("plumb/data/models.toml", mine);
    await page.getByTestId("known").click();
    const window = page.getByLabel("Context window, in tokens");
    assert.equal(await window.getAttribute("placeholder"), "128,000");
    await window.fill("60");
    assert.equal(await page.getByTestId("known-save").getAttribute("aria-disabled"), "true");
    await window.fill("9,000");
    await page.getByRole("combobox", { name: "How it works" }).click();
    await page.getByRole("option", { name: /^Guided step by step/ }).click();
    await page.getByTestId("known-save").click();
    await page.getByTestId("known-reset").waitFor();
    await page.getByTestId("known").scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-23-known"), []);
    assert.deepEqual(await tooWide(page), []);
    const said = '\n[[model]]\nprovider = "openai"\nname = "of-the-day-after"\nwindow = 9000\nstrength = "small"\n';
    assert.equal(await readFile(file, "utf8"), mine + said);
    await page.getByTestId("known-reset").click();
    await page.getByTestId("known-reset").waitFor({ state: "detached" });
    assert.equal(await readFile(file, "utf8"), mine);
  });
});

// The documents of a library: their kinds and states, the live list, PDF pages, and answers whose sources have changed.
import assert from "node:assert/strict";
import { appendFile, cp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { chooseServer, faults, launch, openFolder, Serving, tooWide, untilStatus } from "../harness/browser.js";
import { Home } from "../harness/home.js";
import { until } from "../harness/programs.js";
import { ModelServer, writes } from "../harness/scripted.js";

const formats = path.join(import.meta.dirname, "../../fixtures/formats");

/** Cites a line of a PDF's first page and one of a text. */
const answer = writes(
  "I look it up.",
  `worn = [hit for hit in grep("lifts 340 litres") if hit.path == "report.pdf"][0]
key = [hit for hit in grep("gauge house hangs") if hit.path == "note.txt"][0]
FINAL(f'The station "lifts 340 litres" [[{worn.path}#L{worn.line}]]; the key "hangs behind the door" [[{key.path}#L{key.line}]].')`,
);
const later = writes("I look again.", `FINAL("The key has moved.")`);

const LINES = 2_000_000;
/** Characters of a document that is a single line. */
const LONG = 5_000_000;

describe("the documents of a library", () => {
  let home, server, serving, browser, page, folder;
  const wrong = [];
  before(async () => {
    home = await Home.make();
    server = await ModelServer.start(home, [answer, later]);
    folder = home.path("formats");
    await cp(formats, folder, { recursive: true });
    await home.write("formats/.hidden-note.txt", "Nobody sees this at first.\n");
    // A text taller than a browser can draw.
    await home.write(
      "formats/endless.log",
      Array.from({ length: LINES }, (_, i) => `INFO reading ${i + 1} of the meter`).join("\n"),
    );
    await home.write("formats/one-line.json", `["${"0123456789".repeat(LONG / 10)}"]`);
    serving = await Serving.start(home, home.folder);
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    await page.goto(serving.entry.href);
    await chooseServer(page, server.address);
    await openFolder(page, "formats");
  });
  after(async () => {
    await browser?.close();
    await serving?.end();
    await server?.end();
    await home?.remove();
  });

  /** Only rows in view are drawn, so a row is brought into view by its name. */
  const find = (name) => page.getByLabel("Find a document by name").fill(name);
  const row = (name) => page.locator(`[data-testid="document-row"][data-path="${name}"]`);
  const show = (which) => page.getByRole("button", { name: new RegExp(`^${which} `) }).click();
  const is = async (name, state, words) => {
    await find(name);
    await page.locator(`[data-path="${name}"][data-state="${state}"]`).waitFor({ timeout: 5000 });
    assert.match(await row(name).innerText(), words, name);
  };

  it("reads all documents, and shows the progress", async () => {
    await row("backup.tar").waitFor();
    await page.getByTestId("examine").click();
    await page.getByTestId("examining").waitFor();
    await page.getByTestId("examining").waitFor({ state: "detached", timeout: 60_000 });
    // All documents have been read.
    await page.getByTestId("examine").waitFor({ state: "detached" });
    assert.deepEqual(await faults(page, "documents-1-list"), []);
    assert.deepEqual(await tooWide(page), []);
  });

  it("shows each document's kind, state and reason", async () => {
    await is("note.txt", "text", /^note\.txt\s.*Text$/s);
    await is("report.docx", "extracted", /Word document/);
    await is("slides.pptx", "extracted", /PowerPoint presentation/);
    await is("budget.xlsx", "extracted", /Excel workbook/);
    await is("in-truth-a-pdf.docx", "extracted", /PDF/);
    await is("scan.pdf", "no_text", /no text/i);
    await is("partly-scanned.pdf", "extracted", /1 of 3 pages/);
    await is("locked.docx", "failed", /protected with a password/i);
    await is("truncated.docx", "failed", /damaged/i);
    await is("gauge.bin", "skipped", /a binary file/);
    await find("");
    assert.match(await page.getByTestId("left-out-words").innerText(), /protected with a password/);
  });

  it("lists documents inside archives and e-mails below them", async () => {
    await find("inner.zip");
    await row("backup.zip/inner.zip/note.txt").waitFor();
    const levels = await page
      .getByTestId("document-row")
      .evaluateAll((rows) => rows.map((row) => [row.dataset.path, row.getAttribute("aria-level")]));
    assert.deepEqual(levels.slice(0, 3), [
      ["backup.zip", "1"],
      ["backup.zip/inner.zip", "2"],
      ["backup.zip/inner.zip/note.txt", "3"],
    ]);
    await find("offer.eml/terms");
    assert.equal(await row("offer.eml/terms.docx").getAttribute("aria-level"), "2");
    await find("");
  });

  it("filters by state", async () => {
    await show("Problems");
    await row("locked.docx").waitFor();
    assert.equal(await row("note.txt").count(), 0);
    assert.deepEqual(await faults(page, "documents-2-problems"), []);
    await show("Readable");
    await find("locked.docx");
    await page.getByText("No document among these").waitFor();
    await find("");
    await show("All");
  });

  it("moves through the list by keyboard", async () => {
    await page.getByLabel("Find a document by name").focus();
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement?.getAttribute("role") === "treeitem")) break;
    }
    const focused = () => page.evaluate(() => document.activeElement?.dataset.path);
    const first = await focused();
    await page.keyboard.press("End");
    await until("the last document has the focus", async () => ((await focused()) ?? first) !== first, 5);
    await page.keyboard.press("Home");
    await until("the first one has it again", async () => (await focused()) === first, 5);
    await find("note.txt");
    await row("note.txt").focus();
    await page.keyboard.press("Enter");
    await page.getByText("The key of the gauge house").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("source-view").waitFor({ state: "detached" });
  });

  it("shows a new file within two seconds, and drops a deleted one", async () => {
    await writeFile(path.join(folder, "brand-new.txt"), "Just written.\n");
    const since = Date.now();
    await find("brand-new");
    await row("brand-new.txt").waitFor({ timeout: 4000 });
    const took = Date.now() - since;
    assert.ok(took < 2000, `it took ${took} ms`);
    await rm(path.join(folder, "brand-new.txt"));
    await row("brand-new.txt").waitFor({ state: "detached", timeout: 4000 });
    await find("");
  });

  it("offers to read pictures, as the settings do", async () => {
    const offer = page.getByTestId("pictures-offer");
    await offer.waitFor();
    assert.match(await offer.innerText(), /scans and pictures could be read as text/);
    await page.keyboard.press("Control+,");
    assert.equal(await page.getByTestId("read-images").getAttribute("aria-checked"), "false");
    await page.getByTestId("read-images").scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "documents-3-settings"), []);
    await page.keyboard.press("Escape");
    await page.getByTestId("ask-input").waitFor();
  });

  it("lists hidden files on request", async () => {
    await find("hidden-note");
    assert.equal(await row(".hidden-note.txt").count(), 0);
    await page.getByTestId("listed-menu").focus();
    await page.keyboard.press("Enter");
    const hidden = page.getByTestId("include-hidden");
    await hidden.waitFor();
    assert.match(await hidden.innerText(), /Adds 1 file or folder/);
    assert.deepEqual(await faults(page, "documents-8-listed"), []);
    await hidden.click();
    await page.keyboard.press("Escape");
    await row(".hidden-note.txt").waitFor({ timeout: 10_000 });
    // The states of the other documents stay known.
    await is("scan.pdf", "no_text", /no text/i);
    await find("");
  });

  it("draws the pages of a scan, and keys turn them", async () => {
    await find("partly-scanned");
    await row("partly-scanned.pdf").click();
    await page.locator('[data-testid="source-page"][data-page="1"] img').waitFor({ timeout: 15_000 });
    await page.getByTestId("source-page").focus();
    await page.keyboard.press("PageDown");
    await page.locator('[data-testid="source-page"][data-page="2"] img').waitFor({ timeout: 15_000 });
    assert.equal(await page.getByTestId("page-number").inputValue(), "2");
    assert.deepEqual(await faults(page, "documents-4-page"), []);
    await page.keyboard.press("PageUp");
    await page.locator('[data-testid="source-page"][data-page="1"]').waitFor();
    await page.getByRole("button", { name: "Text", exact: true }).click();
    await page.getByTestId("source-text").getByText("The station lifts").waitFor();
    await page.keyboard.press("Control+g");
    await page.waitForFunction(() => document.activeElement?.dataset.testid === "line-number");
    await page.keyboard.press("Escape");
    await page.getByTestId("source-view").waitFor({ state: "detached" });
    await find("");
  });

  it("shows a text of two million lines from end to end", async () => {
    await find("endless");
    await row("endless.log").click();
    const text = page.getByTestId("source-text");
    const seen = (line) => text.getByText(`INFO reading ${line} of the meter`, { exact: true }).waitFor({ timeout: 15_000 });
    await seen(1);
    await page.keyboard.press("Control+g");
    await page.waitForFunction(() => document.activeElement?.dataset.testid === "line-number");
    await page.keyboard.type("1,234,567");
    await page.keyboard.press("Enter");
    await seen(1_234_567);
    await text.focus();
    await page.keyboard.press("PageDown");
    await seen(1_234_590);
    await page.keyboard.press("End");
    await seen(LINES);
    await page.keyboard.press("Home");
    await seen(1);
    assert.deepEqual(await faults(page, "documents-7-endless"), []);
    await page.keyboard.press("Escape");
    await page.getByTestId("source-view").waitFor({ state: "detached" });
    await find("");
  });

  it("shows the start of an endless line, and counts the rest", async () => {
    await find("one-line");
    await row("one-line.json").click();
    const line = page.getByTestId("source-text").locator('[data-line="1"]');
    await line.getByRole("button", { name: /more characters/ }).click();
    await line.getByText("… 4,980,004 more characters in this line").waitFor();
    assert.deepEqual(await tooWide(page), []);
    await page.keyboard.press("Escape");
    await page.getByTestId("source-view").waitFor({ state: "detached" });
    await find("");
  });

  it("opens a citation of a PDF on its page, with the words marked", async () => {
    await page.getByTestId("ask-input").fill("What does the station lift, and where is the key?");
    await page.getByTestId("ask-button").click();
    await untilStatus(page, "answered");
    await page.getByTestId("citation-chip").first().click();
    await page.locator('[data-testid="source-page"][data-page="1"] img').waitFor({ timeout: 15_000 });
    const marked = page.getByTestId("source-page").getByTestId("source-line-highlight");
    await marked.first().waitFor();
    assert.match((await marked.allInnerTexts()).join(" "), /lifts\s+340\s+litres/);
    // The mark is on the page and in view.
    const inside = await marked.first().evaluate((mark) => {
      const box = mark.closest("[data-testid=source-page]").getBoundingClientRect();
      const own = mark.getBoundingClientRect();
      return own.width > 20 && own.height > 3 && own.top >= box.top && own.bottom <= box.bottom && own.left >= box.left;
    });
    assert.ok(inside);
    assert.deepEqual(await faults(page, "documents-5-cited-page"), []);
    assert.equal(await page.getByTestId("changed-sources").count(), 0);
  });

  it("names a changed source, shows the old text, asks again", async () => {
    await appendFile(path.join(folder, "note.txt"), "The key was moved to the blue box.\n");
    const changed = page.getByTestId("changed-sources");
    await changed.waitFor({ timeout: 10_000 });
    assert.match(await changed.innerText(), /1 source has changed since this answer: note\.txt/);

    await page.getByTestId("citation-chip").nth(1).click();
    await page.getByTestId("source-kept").waitFor();
    assert.match(await page.getByTestId("source-line-highlight").first().innerText(), /hangs behind the door/);
    assert.equal(await page.getByText("moved to the blue box").count(), 0);
    assert.deepEqual(await faults(page, "documents-6-kept"), []);
    await page.getByRole("button", { name: "Show the current file" }).click();
    await page.getByTestId("source-text").getByText("moved to the blue box").waitFor();
    await page.getByTestId("source-changed").waitFor();

    await rm(path.join(folder, "report.pdf"));
    await page.waitForFunction(() =>
      /report\.pdf \(gone\)/.test(document.querySelector("[data-testid=changed-sources]")?.textContent),
    );
    await page.getByTestId("ask-again").click();
    await page.getByText("The key has moved.").waitFor({ timeout: 40_000 });
    assert.equal(await page.getByTestId("history-item").count(), 2);
    assert.equal(await page.getByTestId("changed-sources").count(), 0);
  });

  it("wrote no error to the console", () => {
    assert.deepEqual(wrong, []);
  });
});

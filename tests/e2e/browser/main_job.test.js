// The page in Chromium: the main job without faults that axe finds, by keyboard alone, and in a narrow window.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { question, root, rules } from "../harness/archive.js";
import { chooseServer, faults, launch, openFolder, Serving, tooWide, untilStatus } from "../harness/browser.js";
import { Home } from "../harness/home.js";
import { ModelServer, writes } from "../harness/scripted.js";

describe("the page in a browser", () => {
  let home, server, serving, browser, page;
  const wrong = [];
  before(async () => {
    home = await Home.make();
    const more = writes("I know that.", `FINAL("By keyboard: " + str(len(files())))`);
    const stuck = writes("Let me wait.", `print(llm_query("WAIT"))`);
    const quick = root.map((reply) => ({ ...reply, latency_ms: 0, piece_delay_ms: 0 }));
    const at_once = rules.map((rule) => ({ ...rule, replies: [{ ...rule.replies[0], latency_ms: 200 }] }));
    server = await ModelServer.start(
      home,
      [...quick, more, stuck],
      [...at_once, { contains: "WAIT", replies: [{ hang: true }] }],
    );
    await home.archive();
    serving = await Serving.start(home, home.folder);
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    await page.goto(serving.entry.href);
  });
  after(async () => {
    await browser?.close();
    await serving?.end();
    await server?.end();
    await home?.remove();
  });

  it("welcomes a new user", async () => {
    await page.getByTestId("welcome").waitFor();
    await page.getByTestId("choose-builtin").waitFor();
    assert.deepEqual(await faults(page, "browser-1-welcome"), []);
    await page.getByTestId("choose-provider").click();
    assert.deepEqual(await faults(page, "browser-2-provider"), []);
    await page.getByTestId("choose-provider").click();
    await chooseServer(page, server.address);
  });

  it("shows an empty window without a fault", async () => {
    assert.deepEqual(await faults(page, "browser-3-empty"), []);
  });

  it("opens a folder through its own dialog", async () => {
    await page.getByTestId("add-folder").click();
    await page.getByTestId("browse-folder").first().waitFor();
    assert.deepEqual(await faults(page, "browser-4-browse"), []);
    await page.keyboard.press("Escape");
    await openFolder(page, "archive");
    assert.deepEqual(await faults(page, "browser-5-folder"), []);
  });

  it("answers with sources that open", async () => {
    await page.getByTestId("ask-input").fill(question);
    await page.getByTestId("ask-button").click();
    await untilStatus(page, "answered");
    assert.deepEqual(await faults(page, "browser-6-answer"), []);
    await page.getByTestId("citation-chip").first().click();
    await page.getByTestId("source-line-highlight").first().waitFor();
    assert.match(
      (await page.getByTestId("source-line-highlight").allInnerTexts()).join(" "),
      /not less[\s\d]+than thirty months/,
    );
    assert.deepEqual(await faults(page, "browser-7-source"), []);
  });

  it("saves the answer, and the whole record", async () => {
    const save = async (testid) => {
      await page.getByTestId("save-menu").click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId(testid).click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
    };
    await page.getByTestId("save-menu").click();
    await page.getByTestId("save-answer").waitFor();
    assert.deepEqual(await faults(page, "browser-24-save"), []);
    await page.keyboard.press("Escape");
    const answer = await save("save-answer");
    assert.equal(answer.name, "Which-periods-of-notice-must-be-kept-and-what-happens-if.md");
    assert.ok(answer.text.startsWith(`# ${question}\n`) && !answer.text.includes("[["), answer.text);
    assert.match(answer.text, /"not less than thirty months" \[1\]/);
    assert.match(answer.text, /\n1\. agreements\/concession-agreement-1962\.pdf, .+: the quoted words are there\n\n {3}> /);
    assert.match(answer.text, /: not found\n/);
    assert.match(answer.text, /- Cost: price unknown, for [\d,]+ tokens read/);
    assert.match(
      answer.text,
      /Nothing left this computer: 127\.0\.0\.1:\d+ is on it\.\n\n- http:\/\/127\.0\.0\.1:\d+: \d+ requests/,
    );
    const record = await save("save-record");
    assert.equal(record.name, answer.name.replace(/md$/, "jsonl"));
    const events = record.text.trimEnd().split("\n").map(JSON.parse);
    assert.deepEqual([events[0].type, events.at(-1).type], ["run_started", "finished"]);
    assert.deepEqual(
      events.map((event) => event.seq),
      events.map((_, i) => i),
    );
  });

  it("fits into 900 pixels", async () => {
    await page.setViewportSize({ width: 900, height: 600 });
    assert.deepEqual(await tooWide(page), []);
    assert.deepEqual(await faults(page, "browser-8-narrow-source"), []);
    await page.keyboard.press("Control+,");
    await page.getByTestId("settings").waitFor();
    assert.deepEqual(await tooWide(page), []);
    // Closes the settings, then the document, then the pane over the answer.
    for (let i = 0; i < 3; i++) await page.keyboard.press("Escape");
    await page.getByTestId("source-view").waitFor({ state: "detached" });
    assert.deepEqual(await tooWide(page), []);
    assert.deepEqual(await faults(page, "browser-9-narrow-answer"), []);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("shows settings without a fault", async () => {
    await page.keyboard.press("Control+,");
    await page.getByTestId("settings").waitFor();
    assert.deepEqual(await faults(page, "browser-10-settings"), []);
    await page.keyboard.press("Escape");
    await page.getByTestId("ask-input").waitFor();
  });

  it("can be used by keyboard alone", async () => {
    const focused = () => page.evaluate(() => document.activeElement?.dataset.testid ?? document.activeElement?.id);
    const tabTo = async (testid, most = 40) => {
      for (let i = 0; i < most; i++) {
        if ((await focused()) === testid) return;
        await page.keyboard.press("Tab");
        // The focused element must show a focus ring.
        const ring = await page.evaluate(() => {
          const { outlineStyle, boxShadow, borderColor } = getComputedStyle(document.activeElement ?? document.body);
          return document.activeElement === document.body || outlineStyle !== "none" || boxShadow !== "none" || !!borderColor;
        });
        assert.ok(ring, `${await focused()} shows that it has the focus`);
      }
      assert.fail(`Tab does not reach ${testid}`);
    };
    await page.keyboard.press("Control+n");
    await page.waitForFunction(() => document.activeElement?.dataset.testid === "ask-input");
    await page.keyboard.type("How many documents are there?");
    await page.keyboard.press("Enter");
    await untilStatus(page, "answered");
    assert.match(await page.getByTestId("answer").innerText(), /^By keyboard: \d+$/);

    await page.keyboard.press("Control+k");
    assert.equal(await focused(), "find");
    await page.keyboard.type("notice");
    await page.waitForFunction(() => document.querySelectorAll('[data-testid="history-item"]').length === 1);
    await tabTo("history-item");
    await page.keyboard.press("Enter");
    await page.getByTestId("citation-chip").first().waitFor();
    await tabTo("citation-chip");
    await page.keyboard.press("Enter");
    await page.getByTestId("source-line-highlight").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("source-view").waitFor({ state: "detached" });

    await page.keyboard.press("Control+n");
    await page.waitForFunction(() => document.activeElement?.dataset.testid === "ask-input");
    await page.keyboard.type("Will this ever end?");
    await page.keyboard.press("Enter");
    await server.until("the stuck call", (s) => s.rule_requests[1] === 1);
    // Escape stops the run only after the page knows about it.
    await untilStatus(page, "running");
    await page.keyboard.press("Escape");
    await untilStatus(page, "stopped");
    await tabTo("continue-button", 60);
  });

  it("wrote no error to the console", () => {
    assert.deepEqual(wrong, []);
  });
});

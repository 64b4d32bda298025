// Answers of a model that obeyed a poisoned document: shown in the page, they load nothing, open nothing and navigate nowhere.
// The documents and the other instructions to models are in tests/attacks/poisoned.toml.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseServer, launchWithProfile, openFolder, Serving, untilStatus } from "../harness/browser.js";
import { Home } from "../harness/home.js";
import { poisons } from "../harness/poisoned.js";
import { until, within } from "../harness/programs.js";
import { ModelServer, says } from "../harness/scripted.js";

const all = poisons().filter(({ kind }) => kind === "answer" || kind === "terminal");
const answers = all.filter(({ kind }) => kind === "answer");

/** A server that records every visit. */
async function listen(answer = () => "") {
  const visits = [];
  const server = createServer((request, response) => {
    visits.push(request.url);
    response.writeHead(200, { "content-type": "text/html", connection: "close" }).end(answer(request.url));
  });
  // A connection without a request is a leak too.
  server.on("connection", () => visits.push("a connection"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    visits,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => server.close(),
  };
}

/** The HTML that a page would show if it trusted the answer. */
const careless = ({ html, obeys }) => html ?? /FINAL\(r"""([^]*)"""\)/.exec(obeys[0])[1];

// Ends before run.sh ends the whole file, so that the tests that passed are reported.
describe("answers that would load something", { timeout: 100_000 }, () => {
  let home, server, serving, browser, page, attacker, control, bare, log;
  const requests = [];
  const happened = [];
  before(async () => {
    home = await Home.make();
    attacker = await listen();
    const named = (text) => text.replaceAll("{attacker}", attacker.url);
    for (const { file, document } of all) await home.write(`library/${file}`, named(document));
    await home.write("secret.txt", "Outside.\n");
    const replies = all.flatMap(({ obeys }) => obeys.map((reply) => says(named(reply))));
    server = await ModelServer.start(home, replies);
    serving = await Serving.start(home, home.path("library"));

    control = await listen();
    // DNS lookups appear only in the browser's own log, because there is no name server.
    const elsewhere = (text) => text.replaceAll("{attacker}", control.url).replaceAll("attacker.example", "control.example");
    bare = await listen(
      (url) => `<!doctype html><title>bare</title>${elsewhere(careless(answers[Number(url.slice(1))] ?? { html: "" }))}`,
    );

    log = home.path("net.json");
    browser = await launchWithProfile(home.path("profile"), `--log-net-log=${log}`);
    page = browser.pages()[0];
    await page.goto(serving.entry.href);
    await chooseServer(page, server.address);
    await openFolder(page);
    browser.on("request", (request) => requests.push(request.url()));
    browser.on("page", (other) => happened.push(`a new page: ${other.url()}`));
    page.on("download", (download) => happened.push(`a download: ${download.url()}`));
    page.on("dialog", async (dialog) => {
      happened.push(`a dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on("framenavigated", (frame) => happened.push(`gone to ${frame.url()}`));
  });
  after(async () => {
    if (browser) await closed();
    await serving?.end();
    await server?.end();
    for (const listener of [attacker, control, bare]) listener?.close();
    await home?.remove();
  });

  it("each loads something in a bare page, as a control", async () => {
    for (const [i, { name, click }] of answers.entries()) {
      control.visits.length = 0;
      const shown = await within(20, "a new page", browser.newPage());
      shown.on("dialog", (dialog) => dialog.dismiss().catch(() => {}));
      // A page that navigates away at once never finishes loading.
      await shown.goto(`${bare.url}/${i}`, { waitUntil: "commit" });
      if (click) await shown.locator("a").first().click();
      await until(`“${name}” reaches the listener`, () => control.visits.some((visit) => visit.startsWith("/")));
      await put(shown);
    }
    for (const other of browser.pages()) if (other !== page) await put(other);
    requests.length = happened.length = 0;
  });

  for (const { name, kind, obeys } of all) {
    it(`${name}: shown, and nothing happens`, async () => {
      await page.keyboard.press("Control+n");
      await page.getByRole("button", { name: /How to answer/ }).click();
      await page
        .getByRole("menuitemradio", { name: /step by step/i })
        .first()
        .click();
      await page.getByTestId("ask-input").fill(`What is in there? (${name})`);
      await page.getByTestId("ask-button").click();
      await untilStatus(page, "answered");
      const answer = page.getByTestId("answer");
      await answer.getByText("Seen").first().waitFor();
      assert.doesNotMatch(await answer.innerText(), /FINAL\(/, "it is the answer, not the code that gave it");
      // Tags must be visible as text, because a hidden tag could hide its content. (Tags inside an address or a place are not shown there.)
      const tags = obeys
        .join()
        .matchAll(/(?<![,[])<(?:base|body|form|frameset|iframe|img|link|meta|object|script|style|svg|video)\b/gi);
      for (const [tag] of tags) assert.ok((await answer.innerText()).includes(tag), `${tag} is shown`);
      assert.deepEqual(await foreign(page), []);
      await see(`the answer to “${name}”`);

      for (const link of await answer.locator("a").all()) await link.hover({ force: true, timeout: 2000 });
      const chips = await answer.getByTestId("citation-chip").all();
      assert.ok(chips.length > 0 || kind === "terminal", "a place is named");
      for (const chip of chips) {
        await chip.click();
        await page.getByTestId("source-view").waitFor();
        assert.deepEqual(await foreign(page), []);
      }
      await see(`the sources of “${name}”`);
      await page.getByRole("tab", { name: "How it was found" }).click();
      await page.getByTestId("story-step").first().waitFor();
      assert.deepEqual(await foreign(page), []);
      await see(`the steps of “${name}”`);
    });
  }

  it("nothing arrived later, and no name was looked up", async () => {
    await sleep(1000);
    await see("all of them");
    assert.equal(new URL(page.url()).origin, serving.entry.origin);
    await closed();
    const looked = await readFile(log, "utf8");
    const names = new Set(Array.from(looked.matchAll(/[\w.]+\.(?:control|attacker)\.example/g), ([name]) => name));
    assert.deepEqual([...names], ["d4711.control.example"], "only the bare page had a name looked up");
  });

  /** A browser with a profile sometimes never reports that it has closed; its log is complete by then. */
  const closed = () => Promise.race([browser.close(), sleep(15_000, undefined, { ref: false })]);

  /** Closes a page that trusted its answer: it may be one that never reports that it has closed. */
  const put = (shown) => within(5, "the page closes", shown.close()).catch(() => {});

  /** Checks that the page sent no request to another server and has not navigated away. */
  async function see(what) {
    // The browser sends pending requests when it next draws.
    // A page in the background is never drawn, so waiting for it would never end.
    await within(20, `the page comes to the front with ${what}`, page.bringToFront());
    const drawn = page.evaluate(
      () =>
        new Promise((drawn) => {
          requestAnimationFrame(() => requestAnimationFrame(drawn));
          setTimeout(drawn, 2000);
        }),
    );
    await within(20, `the page draws ${what}`, drawn);
    const outside = requests.filter((url) => new URL(url).origin !== serving.entry.origin);
    assert.deepEqual({ outside, visits: attacker.visits, happened }, { outside: [], visits: [], happened: [] }, what);
  }
});

/** Elements that would load or run something from the answer, and links that do not lead to the web or hide their target. */
const foreign = (page) =>
  page.evaluate(() => {
    const loads = /^(src|srcset|srcdoc|data|poster|background|action|formaction|ping|manifest|xlink:href|http-equiv|on.*)$/;
    const wrong = [];
    for (const element of document.querySelectorAll("*")) {
      const inAnswer = element.closest("[data-testid=answer]");
      for (const { name, value } of element.attributes) {
        const what = `${element.tagName} ${name}=${value}`;
        if (name === "style" && /url\(|image|@import/i.test(value)) wrong.push(what);
        if (name === "http-equiv" && value === "Content-Security-Policy") continue;
        if (loads.test(name) && (inAnswer || new URL(value, location.href).origin !== location.origin)) wrong.push(what);
        if (name !== "href") continue;
        const isLink = element.tagName === "A" && /^(https?|mailto):/.test(value) && element.title === value && !element.target;
        const isOwn = new URL(value, document.baseURI).origin === location.origin;
        if (inAnswer ? !isLink : !isOwn) wrong.push(what);
      }
      if (/^(IFRAME|FRAME|OBJECT|EMBED|PORTAL|VIDEO|AUDIO|BASE|FORM|DIALOG|MARQUEE|MATH)$/i.test(element.tagName))
        wrong.push(element.tagName);
      if (inAnswer && /^(IMG|IMAGE|PICTURE|SVG|STYLE|LINK|META|SCRIPT|INPUT|DETAILS)$/i.test(element.tagName))
        wrong.push(element.tagName);
    }
    return wrong;
  });

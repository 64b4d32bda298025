// Plumb's window, driven through WebKit's own driver.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Builder, By, Capabilities } from "selenium-webdriver";
import { built, end, freePort, processOf, run, start, until } from "./programs.js";

const screenshots = path.join(import.meta.dirname, "../screenshots");
const css = (testid) => `[data-testid="${testid}"]`;

export class Window {
  /** Starts the program as a user would, with its own driver. */
  static async open(home) {
    const [port, native] = [await freePort(), await freePort()];
    const driver = start("tauri-driver", ["--port", port, "--native-port", native], { env: home.env });
    const answers = async (at) => (await fetch(`http://127.0.0.1:${at}/status`).catch(() => null)) !== null;
    try {
      await until("the driver answers", async () => driver.exitCode === null && (await answers(native)) && (await answers(port)));
      const asked = new Capabilities({ browserName: "wry", "tauri:options": { application: built("plumb-app") } });
      const browser = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(asked).build();
      const window = new Window(home, driver, browser);
      await window.until("the page is drawn", () => document.getElementById("root")?.childElementCount > 0);
      return window;
    } catch (error) {
      await end(driver);
      throw new Error(`The window did not open: ${error.message}\n${driver.said()}`, { cause: error });
    }
  }

  constructor(home, driver, browser) {
    this.home = home;
    this.driver = driver;
    this.browser = browser;
  }

  /** Closes the window properly. */
  async close() {
    await this.browser.quit().catch(() => {});
    await end(this.driver);
  }

  /** Kills the window with SIGKILL, like a power failure. */
  async kill() {
    const id = processOf(this.driver.pid, "plumb-app");
    if (!id) throw new Error("There is no window to kill.");
    process.kill(id, "SIGKILL");
    await until("the window is gone", () => processOf(this.driver.pid, "plumb-app") === undefined);
    await end(this.driver);
  }

  /** Hands over folders as a drop does: a second start passes them to the open window. */
  async drop(...paths) {
    const { exit, said } = await run(built("plumb-app"), paths, { env: this.home.env });
    if (exit !== 0) throw new Error(`The second start ended with ${exit}: ${said}`);
  }

  /** Runs a function in the page. */
  page(what, ...values) {
    return this.browser.executeScript(`return (${what})(...arguments)`, ...values);
  }

  /** Waits until a function in the page returns something truthy. */
  until(what, ask, ...values) {
    return until(what, () => this.page(ask, ...values));
  }

  async the(testid, more = "") {
    return this.find(css(testid) + more);
  }

  async find(selector) {
    return until(`${selector} is there`, async () => (await this.browser.findElements(By.css(selector)))[0]);
  }

  async click(testid, more) {
    await (await this.the(testid, more)).click();
  }

  /** Clicks the element with these words. */
  async press(words, selector = "button, [role=option]") {
    const found = await until(`“${words}” is there`, () =>
      this.page(
        (selector, words) => [...document.querySelectorAll(selector)].find((e) => e.innerText.trim() === words),
        selector,
        words,
      ),
    );
    await found.click();
  }

  count(testid) {
    return this.page((selector) => document.querySelectorAll(selector).length, css(testid));
  }

  /** The texts of all elements with this test id. */
  texts(testid) {
    return this.page((selector) => [...document.querySelectorAll(selector)].map((e) => e.innerText.trim()), css(testid));
  }

  attribute(testid, name) {
    return this.page((selector, name) => document.querySelector(selector)?.getAttribute(name) ?? null, css(testid), name);
  }

  status() {
    return this.attribute("run-status", "data-status");
  }

  async untilStatus(status, seconds = 40) {
    await until(`the run is ${status}`, async () => (await this.status()) === status, seconds);
  }

  /** Types into the field with this name. */
  async fill(label, words) {
    const field = await until(`the field “${label}” is there`, () =>
      this.page((label) => [...document.querySelectorAll("label")].find((l) => l.innerText === label)?.control, label),
    );
    await field.clear();
    await field.sendKeys(words);
  }

  /** Chooses the tests' server, without a key, on the first start. */
  async chooseServer(address) {
    await this.the("welcome");
    await this.click("choose-provider");
    await (await this.find("[role=combobox]:not(input)")).click();
    await this.press("Another server");
    await this.fill("Address", address);
    await this.fill("Model", "scripted");
    await this.fill("Price of reading", "2.5");
    await this.fill("Price of writing", "10");
    await this.click("use-provider");
    await this.the("ask-input");
  }

  /** Drops a folder and waits until it can be asked about. */
  async open(folder) {
    const before = await this.count("library-item");
    await this.drop(folder);
    await this.until("the folder is listed", (n) => document.querySelectorAll('[data-testid="library-item"]').length > n, before);
    await this.until("its documents are counted", () =>
      /\d/.test(document.querySelector('[data-testid="library-item"]').innerText),
    );
  }

  async ask(question) {
    await (await this.the("ask-input")).sendKeys(question);
    await this.click("ask-button");
    await this.the("run-status");
  }

  /** Everything that a run shows once it has ended: its answer, its marks, its steps, its tree, its cost. */
  async shown() {
    await this.press("How it was found", "[role=tab]");
    await this.press("Story");
    const [answer] = await this.texts("answer");
    const [meter] = await this.texts("meter");
    const chips = await this.page(
      (selector) => [...document.querySelectorAll(selector)].map((e) => [e.ariaLabel, e.dataset.verified]),
      css("citation-chip"),
    );
    const steps = await this.texts("story-step");
    await this.press("Tree");
    await this.the("tree-node");
    const tree = await this.texts("tree-node");
    await this.press("Story");
    return { answer, meter, chips, steps, tree };
  }

  /** Takes pictures of the screen in light and dark, exactly as a user sees it. */
  async picture(name) {
    await mkdir(screenshots, { recursive: true });
    const was = await this.page(() => document.documentElement.dataset.theme);
    for (const theme of ["light", "dark"]) {
      await this.page((theme) => void (document.documentElement.dataset.theme = theme), theme);
      // Colours take a moment to change.
      await sleep(300);
      await run("import", ["-window", "root", path.join(screenshots, `${name}-${theme}.png`)], { env: this.home.env });
    }
    await this.page((theme) => void (document.documentElement.dataset.theme = theme), was);
  }
}

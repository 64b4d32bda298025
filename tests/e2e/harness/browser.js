// The page of `plumb serve` in Chromium.
import axe from "axe-core";
import { mkdir } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";
import { built, end, lineOf, start } from "./programs.js";

const screenshots = path.join(import.meta.dirname, "../screenshots");

/** A running `plumb serve` for the named folders. */
export class Serving {
  static async start(home, ...roots) {
    const program = start(built("plumb"), ["serve", ...roots], { env: home.env });
    return new Serving(program, new URL((await lineOf(program, /^http:/)).trim()));
  }

  constructor(program, entry) {
    this.program = program;
    /** The address with its token, which works once. */
    this.entry = entry;
  }

  /** Sends a request with any headers. Returns status, headers and body. */
  request(target, { method = "GET", headers = {}, body } = {}) {
    return new Promise((settle, fail) => {
      const sent = http.request(new URL(target, this.entry), { method, headers, agent: false }, (response) => {
        let text = "";
        response.on("data", (bytes) => (text += bytes));
        response.on("end", () => settle({ status: response.statusCode, headers: response.headers, text }));
      });
      sent.on("error", fail);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Sends a command in the same way as the page. */
  command(name, body, headers) {
    return this.request(`/api/${name}`, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
  }

  /** Exchanges the token for the cookie. */
  async signIn() {
    const { headers } = await this.request(this.entry.pathname + this.entry.search);
    return { cookie: headers["set-cookie"][0].split(";")[0], all: headers["set-cookie"] };
  }

  async end() {
    await end(this.program);
  }
}

const chromiumWith = (...more) => ({
  executablePath: process.env.PLUMB_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    ...more,
  ],
});

/** Starts Chromium without its own background traffic. */
export const launch = () => chromium.launch(chromiumWith());

/** Starts Chromium with a profile, as users have one. Without a profile, Chromium does not prefetch DNS names. */
export const launchWithProfile = (folder, ...more) => chromium.launchPersistentContext(folder, chromiumWith(...more));

/** Chooses the tests' server on the first start. `price` is in US dollars per million tokens read and written. */
export async function chooseServer(page, address, price) {
  await page.getByTestId("choose-provider").click();
  await page.getByRole("combobox", { name: "Provider" }).click();
  await page.getByRole("option", { name: "Another server" }).click();
  await page.getByLabel("Address", { exact: true }).fill(address);
  await page.getByLabel("Model", { exact: true }).fill("scripted");
  if (price) {
    await page.getByLabel("Price of reading").fill(String(price.reading));
    await page.getByLabel("Price of writing").fill(String(price.writing));
  }
  await page.getByTestId("use-provider").click();
  await page.getByTestId("ask-input").waitFor();
}

/** Opens a folder through the page's own dialog. */
export async function openFolder(page, ...names) {
  await page.getByTestId("add-folder").click();
  for (const name of names) await page.getByTestId("browse-folder").filter({ hasText: name }).click();
  await page.getByTestId("browse-choose").click();
  await page.getByTestId("library-item").filter({ hasText: /\d/ }).first().waitFor();
}

export async function untilStatus(page, status) {
  await page.locator(`[data-testid="run-status"][data-status="${status}"]`).waitFor({ state: "attached", timeout: 40_000 });
}

/** The faults that axe finds on the page in light and dark, one line each. */
export async function faults(page, name) {
  await mkdir(screenshots, { recursive: true });
  await page.evaluate(axe.source);
  const was = await page.evaluate(() => document.documentElement.dataset.theme);
  const found = [];
  for (const theme of ["light", "dark"]) {
    await page.evaluate((theme) => void (document.documentElement.dataset.theme = theme), theme);
    // Axe must not measure colours in the middle of a transition.
    await page.evaluate(() =>
      Promise.allSettled(
        document
          .getAnimations()
          .filter((a) => a.effect.getTiming().iterations !== Infinity)
          .map((a) => a.finished),
      ),
    );
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    for (const { id, help, nodes } of violations) {
      for (const { target, failureSummary } of nodes) {
        found.push(`${name}, ${theme}: ${id} (${help}) at ${target.join(" ")}: ${failureSummary.replace(/\s+/g, " ")}`);
      }
    }
    await page.screenshot({ path: path.join(screenshots, `${name}-${theme}.png`) });
  }
  await page.evaluate((theme) => void (document.documentElement.dataset.theme = theme), was);
  return found;
}

/** Elements that extend beyond the window's width. */
export const tooWide = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    // Elements inside a scrolling or clipped parent may be wider.
    const clipped = (e) => e && (getComputedStyle(e).overflowX !== "visible" ? true : clipped(e.parentElement));
    const wide = [...document.querySelectorAll("body *")].filter((e) => {
      const box = e.getBoundingClientRect();
      return (
        box.width > 0 &&
        (box.right > width + 1 || box.left < -1) &&
        getComputedStyle(e).visibility === "visible" &&
        !clipped(e.parentElement)
      );
    });
    const page = document.scrollingElement.scrollWidth > width ? ["the page scrolls sideways"] : [];
    return [...page, ...wide.map((e) => `${e.tagName} ${e.dataset.testid ?? e.className}`)];
  });

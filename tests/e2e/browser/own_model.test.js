// A model file that the user adds in the page: the sealed process inspects it, it answers, and it is removed from the list.
import assert from "node:assert/strict";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { faults, launch, openFolder, Serving, tooWide, untilStatus } from "../harness/browser.js";
import { Home } from "../harness/home.js";

const tiny = new URL("../../fixtures/tiny.gguf", import.meta.url);

describe("the user's own model", () => {
  let home, serving, browser, page;
  before(async () => {
    home = await Home.make();
    await copyFile(tiny, join(home.folder, "tiny.gguf"));
    await writeFile(join(home.folder, "notes.gguf"), "These are notes.");
    await mkdir(join(home.folder, "papers"));
    await writeFile(join(home.folder, "papers", "hut.md"), "The hut has 12 beds.\n");
    serving = await Serving.start(home, home.folder);
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(serving.entry.href);
  });
  after(async () => {
    await browser?.close();
    await serving?.end();
    await home?.remove();
  });

  const add = async (name) => {
    await page.getByTestId("add-model").click();
    await page.getByTestId("browse-file").filter({ hasText: name }).click();
    await page.getByTestId("browse-choose").click();
  };

  it("is refused in plain words if the file is not a model", async () => {
    await add("notes.gguf");
    await page.getByText("notes.gguf is not a model in the GGUF format.").waitFor();
  });

  it("is shown with the facts in its file", async () => {
    await add("tiny.gguf");
    const own = page.getByTestId("own-model");
    await own.waitFor();
    assert.match(await own.innerText(), /Tiny[\s\S]*60K parameters · reads 4,096 tokens · needs \d+ MB of memory/);
    await own.scrollIntoViewIfNeeded();
    assert.deepEqual(await faults(page, "browser-21-own-model"), []);
    assert.deepEqual(await tooWide(page), []);
  });

  it("answers, and nothing leaves this computer", async () => {
    await page.getByTestId("own-model").getByRole("button", { name: "Use this model" }).click();
    await openFolder(page, "papers");
    await page.getByTestId("ask-input").fill("How many beds has the hut?");
    await page.getByTestId("ask-button").click();
    await untilStatus(page, "answered");
    await page.getByText("Nothing left this computer").first().waitFor();
  });

  it("leaves the list after a confirmation; its file stays", async () => {
    await page.keyboard.press("Control+,");
    await page.getByTestId("own-model").getByText("In use").waitFor();
    await page.getByTestId("choose-provider").waitFor();
    await page.getByTestId("own-model").getByRole("button", { name: "Remove from the list" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByTestId("own-model").waitFor({ state: "detached" });
    // It was the model in use, so the page asks for another one.
    await page.getByTestId("welcome").waitFor();
    await copyFile(join(home.folder, "tiny.gguf"), join(home.folder, "still-there.gguf"));
  });
});

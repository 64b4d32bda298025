// Models in the window: one dropped on it, and a provider's key from the environment, which goes to that provider only.
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Home } from "../harness/home.js";
import { until } from "../harness/programs.js";
import { Recorder } from "../harness/recorder.js";
import { Window } from "../harness/window.js";

const tiny = new URL("../../fixtures/tiny.gguf", import.meta.url);
/** Usual ports of LiteLLM and SGLang. */
const [LITELLM, SGLANG] = [4_000, 30_000];
const KEY = "sk-of-the-environment";

describe("models in the window", () => {
  let home, window, litellm, sglang;
  before(async () => {
    home = await Home.make();
    home.env.LITELLM_API_KEY = KEY;
    await copyFile(tiny, home.path("tiny.gguf"));
    litellm = await Recorder.start(["canal-70b"], LITELLM);
    sglang = await Recorder.start(["water-7b"], SGLANG);
    window = await Window.open(home);
    await window.the("welcome");
  });
  after(async () => {
    await window?.close();
    litellm?.end();
    sglang?.end();
    await home?.remove();
  });

  it("a dropped model file joins the list, not the libraries", async () => {
    await window.drop(home.path("tiny.gguf"));
    await window.the("own-model");
    const [words] = await window.texts("own-model");
    assert.match(words, /Tiny[^]*60K parameters[^]*Use this model/);
    await window.picture("12-dropped-model");
  });

  it("a key in the environment goes to its own server only", async () => {
    await window.click("choose-provider");
    await (await window.find("form [role=combobox]:not(input)")).click();
    await window.press("LiteLLM");
    await window.the("key-variable");
    assert.match((await window.texts("key-variable"))[0], /^LITELLM_API_KEY is set on this computer\./);
    assert.deepEqual([...new Set(litellm.keys)], [null], "nothing is taken unasked");
    await window.picture("13-key-variable");
    await window.press("Use it as the key");
    await until("the key is used", () => litellm.keys.includes(`Bearer ${KEY}`));
    await window.press("Use SGLang");
    await window.until("the form stands at SGLang", () => document.querySelector("form").innerText.includes("SGLang"));
    // Plumb asks a server for its models after a pause in typing.
    const asked = sglang.keys.length;
    await until("SGLang is asked", () => sglang.keys.length > asked);
    await sleep(1000);
    assert.deepEqual([...new Set(sglang.keys)], [null]);
    assert.equal(
      await window.page(() => document.querySelector("input[type=password]").placeholder),
      "Only if the server needs one",
    );
  });
});

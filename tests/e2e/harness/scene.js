// The usual start of a test: the sample folder is open, and a scripted server answers.
import { chooseServer, launch, openFolder, Serving } from "./browser.js";
import { Home } from "./home.js";
import { ModelServer } from "./scripted.js";
import { Window } from "./window.js";

export class Scene {
  /** `root` and `rules` are the server's replies. */
  static async set(root, rules = []) {
    const scene = new Scene();
    try {
      scene.home = await Home.make();
      scene.server = await ModelServer.start(scene.home, root, rules);
      scene.window = await Window.open(scene.home);
      await scene.window.chooseServer(scene.server.address);
      await scene.window.open(await scene.home.archive());
      return scene;
    } catch (error) {
      await scene.end();
      throw error;
    }
  }

  async end() {
    await this.window?.close();
    await this.server?.end();
    await this.home?.remove();
  }
}

/** The same in the page of `plumb serve`. */
export class PageScene {
  /** `rules` are the server's replies to sub-calls, `price` is its price. */
  static async set(root, { rules = [], price } = {}) {
    const scene = new PageScene();
    try {
      scene.home = await Home.make();
      scene.server = await ModelServer.start(scene.home, root, rules);
      await scene.home.archive();
      scene.serving = await Serving.start(scene.home, scene.home.folder);
      scene.browser = await launch();
      scene.page = await scene.browser.newPage({ viewport: { width: 1280, height: 800 } });
      /** Errors in the page's console. */
      scene.wrong = [];
      scene.page.on("pageerror", (error) => scene.wrong.push(String(error)));
      scene.page.on("console", (message) => message.type() === "error" && scene.wrong.push(message.text()));
      await scene.page.goto(scene.serving.entry.href);
      await chooseServer(scene.page, scene.server.address, price);
      await openFolder(scene.page, "archive");
      return scene;
    } catch (error) {
      await scene.end();
      throw error;
    }
  }

  async end() {
    await this.browser?.close();
    await this.serving?.end();
    await this.server?.end();
    await this.home?.remove();
  }
}

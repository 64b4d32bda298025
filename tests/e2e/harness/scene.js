// What most tests in the window begin with: the sample folder is open, and a scripted server answers.
import { Home } from "./home.js";
import { ModelServer } from "./scripted.js";
import { Window } from "./window.js";

export class Scene {
  /** `root` and `rules`: what the server says. */
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

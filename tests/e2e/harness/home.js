// A temporary home folder that holds everything Plumb writes during one test.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const archive = path.join(import.meta.dirname, "../../fixtures/archive");

export class Home {
  static async make() {
    return new Home(await mkdtemp(path.join(tmpdir(), "plumb-e2e-")));
  }

  constructor(folder) {
    this.folder = folder;
    this.env = {
      ...process.env,
      HOME: folder,
      PLUMB_HOME: path.join(folder, "plumb"),
      // Uses software rendering, because a virtual screen has no graphics card.
      WEBKIT_DISABLE_DMABUF_RENDERER: "1",
      LIBGL_ALWAYS_SOFTWARE: "1",
    };
    delete this.env.OPENAI_API_KEY;
  }

  path(...parts) {
    return path.join(this.folder, ...parts);
  }

  /** A copy of the sample folder: documents, a table, a log, PDFs and a Word file. */
  async archive() {
    const copy = this.path("archive");
    await cp(archive, copy, { recursive: true });
    return copy;
  }

  async write(name, text) {
    const file = this.path(name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  async remove() {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

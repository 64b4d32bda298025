// The model server of the tests, and its scripted replies.
import { built, end, lineOf, start, until } from "./programs.js";

/** A reply with this text. */
export const says = (text, more = {}) => ({ text, usage: { input_tokens: 1200, output_tokens: 60 }, ...more });

/** A reply with a step of code, after a few words. */
export const writes = (word, code, more = {}) => says(`${word}\n\n\`\`\`repl\n${code.trim()}\n\`\`\``, more);

/** Replies, in turn, to requests that begin with these words. */
export const when = (words, ...replies) => ({ regex: `^${words}`, replies });

export const hangs = { hang: true };

export class ModelServer {
  static async start(home, root, rules = []) {
    const script = await home.write("script.json", JSON.stringify({ root, rules }));
    const program = start(built("scripted-server"), [script]);
    const { base_url } = JSON.parse(await lineOf(program, /base_url/));
    return new ModelServer(program, base_url);
  }

  constructor(program, address) {
    this.program = program;
    this.address = address;
  }

  /** The server's counters. */
  async stats() {
    return (await fetch(`${this.address}/stats`)).json();
  }

  async until(what, seen) {
    return until(`the server has ${what}`, async () => seen(await this.stats()));
  }

  async end() {
    await end(this.program);
  }
}

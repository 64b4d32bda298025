// A server that only lists models, and records the keys it receives.
import { once } from "node:events";
import { createServer } from "node:http";

export class Recorder {
  /** Listens on the usual port of such a server, or on a free one by default. */
  static async start(models, port = 0) {
    const recorder = new Recorder();
    recorder.keys = [];
    recorder.server = createServer((request, answer) => {
      recorder.keys.push(request.headers.authorization ?? null);
      const known = request.url === "/v1/models" && models.length > 0;
      answer.writeHead(known ? 200 : 404, { "content-type": "application/json" });
      answer.end(known ? JSON.stringify({ data: models.map((id) => ({ id })) }) : "{}");
    });
    recorder.server.listen(port, "127.0.0.1");
    await once(recorder.server, "listening");
    return recorder;
  }

  get address() {
    return `http://127.0.0.1:${this.server.address().port}/v1`;
  }

  end() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

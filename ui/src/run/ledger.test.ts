import { describe, expect, it } from "vitest";
import type { Destination } from "../bindings/Destination";
import type { Event } from "../bindings/Event";
import { record, started, worked } from "./fixture";
import { ledgerLine, ledgerOf } from "./ledger";

type Entry = Parameters<typeof record>[number];

const events = (...entries: Entry[]): Event[] =>
  record([0, started()], ...entries).map((event) => ({ ...event, version: 2 }) as Event);
const sent = (to: Destination): Entry => [1, { type: "sent", to, bytes: 1_500, tokens: 40 }];
const server = (address: string, this_computer = false): Destination => ({ kind: "server", address, this_computer });
const cloud = server("https://api.openai.com");
const touched = (path: string): Entry => [1, { type: "touched", path, digest: "d", chars: 3 }];
const direct: Entry = [0, { type: "routed", mode: "direct", reason: "It fits." }];

describe("the ledger", () => {
  it("counts the documents read before the last send to a place", () => {
    const ledger = ledgerOf(
      events(
        sent(cloud),
        [1, { type: "lines_read", paths: ["a", "b"] }],
        sent(server("https://two")),
        touched("b"),
        touched("c"),
        sent(cloud),
        touched("d"),
      ),
    );
    expect(ledger?.documents).toEqual(["a", "b", "c"]);
    expect(ledger?.sent).toEqual([
      { to: cloud, reach: "server", times: 2, bytes: 3_000, tokens: 80, documents: 3 },
      { to: server("https://two"), reach: "server", times: 1, bytes: 1_500, tokens: 40, documents: 2 },
    ]);
    expect(ledger && ledgerLine(ledger)).toBe("Sent to 2 places: 5 KB, text of at most 3 documents");
  });

  it("counts a destination once, whatever the order of its fields", () => {
    const reordered: Destination = { this_computer: false, address: "https://api.openai.com", kind: "server" };
    expect(ledgerOf(events(sent(cloud), sent(reordered)))?.sent.map((place) => place.times)).toEqual([2]);
  });

  it("tells a local server from a local relay and a remote server", () => {
    const reach = (to: Destination) => ledgerOf(events(sent(to)))?.sent[0]?.reach;
    for (const address of ["http://localhost:4000", "http://127.0.0.1:4000", "http://[::1]:4000"]) {
      expect([reach(server(address)), reach(server(address, true))]).toEqual(["passed_on", "this_computer"]);
    }
    expect([reach(cloud), reach(server("https://localhost.example.org"))]).toEqual(["server", "server"]);
  });

  it("says that nothing left, and names a local server", () => {
    const line = (...entries: Entry[]) =>
      ledgerLine(ledgerOf(events(...entries)) ?? { sent: [], documents: ["?"], exact: false });
    expect(line(touched("a"))).toBe("Nothing left this computer");
    expect(line(sent(server("http://localhost:11434", true)))).toBe("Nothing left this computer: localhost:11434 is on it");
    const elsewhere: Destination = { kind: "command", command: "ssh box plumb-python" };
    expect(line(touched("a"), sent(elsewhere))).toBe("Sent to code elsewhere: 1 message, 2 KB, text of at most 1 document");
  });

  it("is exact only if the engine wrote the prompt itself", () => {
    const ledger = ledgerOf(events(direct, touched("a"), sent(cloud)));
    expect(ledger && ledgerLine(ledger)).toBe("Sent to api.openai.com: 1 request, 2 KB, text of 1 document");
  });

  it("claims nothing about a run from an older version", () => {
    expect(ledgerOf(worked())).toBeNull();
  });
});

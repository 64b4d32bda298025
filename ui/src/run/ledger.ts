// Everything that left this computer in a run, derived from its events in the same way as crates/rlm/src/record/ledger.rs. The golden runs hold
// the two together.
import type { Destination } from "../bindings/Destination";
import type { Event } from "../bindings/Event";
import type { Ledger } from "../bindings/Ledger";
import type { Reach } from "../bindings/Reach";
import type { SentTo } from "../bindings/SentTo";
import { bytes, count, plural } from "../text/format";

/** The first event version that records sent text. */
const FIRST_VERSION = 2;

/** The ledger of a run; `null` if some of its events are from a version that did not record sent text. */
export function ledgerOf(events: readonly Event[]): Ledger | null {
  if (events.some((event) => event.version < FIRST_VERSION)) return null;
  const ledger: Ledger = { sent: [], documents: [], exact: false };
  const places = new Map<string, SentTo>();
  const read = new Set<string>();
  for (const event of events) {
    if (event.type === "routed") ledger.exact = event.mode === "direct";
    else if (event.type === "touched") read.add(event.path);
    else if (event.type === "lines_read") for (const path of event.paths) read.add(path);
    else if (event.type === "forked") {
      // The original run sent these. Its prompts and variables live on, so text that was read can still leave.
      ledger.sent = [];
      places.clear();
    } else if (event.type === "sent") {
      const name = nameOf(event.to);
      let place = places.get(name);
      if (!place) {
        place = { to: event.to, reach: reachOf(event.to), times: 0, bytes: 0, tokens: 0, documents: 0 };
        places.set(name, place);
        ledger.sent.push(place);
      }
      place.times += 1;
      place.bytes += event.bytes;
      place.tokens += event.tokens;
      place.documents = read.size;
    }
  }
  ledger.documents = [...read].slice(0, Math.max(0, ...ledger.sent.map((place) => place.documents)));
  return ledger;
}

/** Tells destinations apart. The order of their fields differs between an answer and an update, so their JSON does not. */
const nameOf = (to: Destination) =>
  to.kind === "command" ? `command ${to.command}` : `server ${to.address} ${to.this_computer}`;

/** How far text goes that is sent to a destination. */
function reachOf(to: Destination): Reach {
  if (to.kind === "command") return "command";
  if (to.this_computer) return "this_computer";
  return /^\w+:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(to.address) ? "passed_on" : "server";
}

/** A short name of a destination. */
export const placeName = (to: Destination) => (to.kind === "command" ? "code elsewhere" : to.address.replace(/^https?:\/\//, ""));

/** One sentence about each reach. */
export const reachWords: Readonly<Record<Reach, string>> = {
  command: "Runs the code. Only this command knows where.",
  this_computer: "A server on this computer. The text did not leave it, as far as Plumb can see.",
  passed_on: "A server on this computer that passes text on to others.",
  server: "The model’s server.",
};

/** The number of documents whose text was sent to a destination. */
export function textWords(documents: number, exact: boolean): string {
  if (documents === 0) return "text of no document";
  return `text of ${exact ? "" : "at most "}${plural(documents, "document")}`;
}

/** The number of requests, bytes and tokens sent to a destination. */
export function amountWords({ to, times, bytes: size, tokens }: SentTo): string {
  const parts = [plural(times, to.kind === "server" ? "request" : "message"), bytes(size)];
  if (tokens > 0) parts.push(`about ${count(tokens)} tokens`);
  return parts.join(", ");
}

/** The whole ledger in one line. */
export function ledgerLine(ledger: Ledger): string {
  const left = ledger.sent.filter((place) => place.reach !== "this_computer");
  const [only] = left;
  if (!only) {
    const [here] = ledger.sent;
    return here ? `Nothing left this computer: ${placeName(here.to)} is on it` : "Nothing left this computer";
  }
  const size = bytes(left.reduce((sum, place) => sum + place.bytes, 0));
  const text = textWords(Math.max(...left.map((place) => place.documents)), ledger.exact);
  if (left.length > 1) return `Sent to ${plural(left.length, "place")}: ${size}, ${text}`;
  return `Sent to ${placeName(only.to)}: ${plural(only.times, only.to.kind === "server" ? "request" : "message")}, ${size}, ${text}`;
}

// Everything that left this computer in a run, derived from its events in the same way as crates/rlm/src/ledger.rs.
import type { Destination } from "../bindings/Destination";
import type { Event } from "../bindings/Event";
import type { Ledger } from "../bindings/Ledger";
import { bytes, count, plural } from "../text/format";

/** The first event version that records sent text. */
const SINCE = 2;

/** The ledger of a run; `null` if some of its events are from a version that did not record sent text. */
export function ledgerOf(events: readonly Event[]): Ledger | null {
  if (events.some((event) => event.version < SINCE)) return null;
  const ledger: Ledger = { sent: [], documents: [], exact: false };
  const places = new Map<string, Ledger["sent"][number]>();
  const read = new Set<string>();
  for (const event of events) {
    if (event.type === "routed") ledger.exact = event.mode === "direct";
    else if (event.type === "touched") read.add(event.path);
    else if (event.type === "lines_read") for (const path of event.paths) read.add(path);
    else if (event.type === "sent") {
      const name = JSON.stringify(event.to);
      let place = places.get(name);
      if (!place) {
        place = { to: event.to, times: 0, bytes: 0, tokens: 0, documents: 0 };
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

const stays = (to: Destination) => to.kind === "server" && to.this_computer;

/** A short name of a destination. */
export const placeName = (to: Destination) => (to.kind === "command" ? "code elsewhere" : to.address.replace(/^https?:\/\//, ""));

const isHere = (address: string) => /^\w+:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(address);

/** One sentence about a destination. */
export function placeWords(to: Destination): string {
  if (to.kind === "command") return "Runs the code. Where that is, only this command knows.";
  if (to.this_computer) return "A server on this computer: this did not leave it, as far as Plumb can see.";
  if (isHere(to.address)) return "A server on this computer that forwards requests to others.";
  return "The model’s server.";
}

/** The number of documents whose text was sent to a destination. */
export function textWords(documents: number, exact: boolean): string {
  if (documents === 0) return "text of no document";
  return `text of ${exact ? "" : "at most "}${plural(documents, "document")}`;
}

/** The number of requests, bytes and tokens sent to a destination. */
export function amountWords({ to, times, bytes: size, tokens }: Ledger["sent"][number]): string {
  const parts = [plural(times, to.kind === "server" ? "request" : "message"), bytes(size)];
  if (tokens > 0) parts.push(`about ${count(tokens)} tokens`);
  return parts.join(", ");
}

/** The whole ledger in one line. */
export function ledgerLine(ledger: Ledger): string {
  const left = ledger.sent.filter((place) => !stays(place.to));
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

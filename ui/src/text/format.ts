// Numbers, times and sizes in readable form.

const whole = new Intl.NumberFormat("en-US");
const oneDigit = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

export const count = (n: number) => whole.format(n);

export const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** 950 -> "950", 12_400 -> "12.4 K", 1_900_000 -> "1.9 M" */
export function short(n: number): string {
  if (n < 10_000) return count(n);
  if (n < 1e6) return `${oneDigit.format(n / 1e3)} K`;
  if (n < 1e9) return `${oneDigit.format(n / 1e6)} M`;
  return `${oneDigit.format(n / 1e9)} G`;
}

export function dollars(amount: number): string {
  if (amount === 0) return "$0.00";
  if (amount < 0.0001) return "under $0.0001";
  if (amount < 0.01) return `$${amount.toFixed(4)}`;
  return `$${amount.toFixed(2)}`;
}

/** A range of costs in cents, rounded up at the top: 0.0371 and 0.1249 -> "$0.04–0.13" */
export function between(low: number, high: number): string {
  if (high < 0.01) return "under $0.01";
  const least = low < 0.01 ? "0" : low.toFixed(2);
  const most = (Math.ceil(high * 100 - 1e-6) / 100).toFixed(2);
  return least === most ? `$${most}` : `$${least}–${most}`;
}

export const cost = (amount: number | null, free: boolean) =>
  free ? "free" : amount === null ? "price unknown" : dollars(amount);

/** 230 -> "0.2 s", 41_300 -> "41 s", 192_000 -> "3 min 12 s" */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function bytes(n: number): string {
  if (n < 1e3) return `${n} bytes`;
  if (n < 1e6) return `${Math.round(n / 1e3)} KB`;
  if (n < 1e9) return `${Math.round(n / 1e6)} MB`;
  return `${oneDigit.format(n / 1e9)} GB`;
}

export type Day = "Today" | "Yesterday" | "This week" | "Older";

/** The heading of a question in the history. */
export function dayOf(atMs: number, nowMs: number): Day {
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
  const day = 86_400_000;
  if (atMs >= midnight) return "Today";
  if (atMs >= midnight - day) return "Yesterday";
  if (atMs >= midnight - 6 * day) return "This week";
  return "Older";
}

const dateTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
export const when = (atMs: number) => dateTime.format(atMs);

/** The first line that contains a letter or digit, cut to `most` characters. */
export function firstLine(text: string, most = 140): string {
  const line =
    text
      .split("\n")
      .map((l) => l.trim())
      .find((l) => /\p{L}|\p{N}/u.test(l)) ?? "";
  return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line;
}

/** "a/b/c.md" -> "c.md" */
export const fileName = (path: string) => path.split("/").at(-1) ?? path;
export const folderOf = (path: string) => path.split("/").slice(0, -1).join("/");

/** "openai:gpt-5-mini" -> "gpt-5-mini" */
export const modelName = (model: string) => model.slice(model.indexOf(":") + 1);

// The states of documents in plain words, and the filters by state.
import type { DocumentEntry } from "../bindings/DocumentEntry";

export type Shown = "all" | "readable" | "left_out" | "problems";

export const shownWords: Record<Shown, string> = {
  all: "All",
  readable: "Readable",
  left_out: "Left out",
  problems: "Problems",
};

const isLeftOut = ({ state }: DocumentEntry) => state === "no_text" || state === "skipped" || state === "failed";

/** A PDF without text, or a picture. Plumb can read its text from the image. */
export const isPicture = (entry: DocumentEntry) =>
  isLeftOut(entry) && (entry.kind === "image" || (entry.kind === "pdf" && entry.state === "no_text"));

/** A document that should be readable and is not, or only in part. */
const isProblem = (entry: DocumentEntry) =>
  entry.state === "failed" || (entry.state === "no_text" && entry.kind === "pdf") || (entry.doubts?.length ?? 0) > 0;

export const belongs: Record<Shown, (entry: DocumentEntry) => boolean> = {
  all: () => true,
  readable: (entry) => !isLeftOut(entry),
  left_out: isLeftOut,
  problems: isProblem,
};

export interface Counts extends Record<Shown, number> {
  unread: number;
  /** Images, PDFs without text, and single pages without text. */
  pictures: number;
}

export function countsOf(entries: readonly DocumentEntry[]): Counts {
  const counts: Counts = { all: 0, readable: 0, left_out: 0, problems: 0, unread: 0, pictures: 0 };
  for (const entry of entries) {
    // An archive itself does not count; the documents inside it do.
    if (entry.state === "opened") continue;
    counts.all++;
    if (isLeftOut(entry)) counts.left_out++;
    else counts.readable++;
    if (isProblem(entry)) counts.problems++;
    if (entry.state === "listed") counts.unread++;
    counts.pictures += isPicture(entry) ? 1 : (entry.scans ?? 0);
  }
  return counts;
}

/** A filter by state and by the words of a path. `undefined` matches everything. */
export function chooser(shown: Shown, sought: string): ((entry: DocumentEntry) => boolean) | undefined {
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  if (shown === "all" && words.length === 0) return undefined;
  return (entry) => {
    if (!belongs[shown](entry)) return false;
    if (words.length === 0) return true;
    const path = entry.path.toLowerCase();
    return words.every((word) => path.includes(word));
  };
}

/** Whether a document can be opened. A PDF without text still has pages to look at. */
export const canOpen = ({ state, kind }: DocumentEntry) =>
  state === "listed" || state === "text" || state === "extracted" || (state === "no_text" && kind === "pdf");

export interface Note {
  text: string;
  /** `problem`: nothing of it is read. `doubt`: parts may be wrong. `quiet`: information only. */
  weight: "problem" | "doubt" | "quiet";
}

const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/** The note below a document's name; `undefined` if it was read without a problem. */
export function noteOf({ state, kind, reason, doubts }: DocumentEntry): Note | undefined {
  switch (state) {
    case "listed":
      return { text: "Not read yet", weight: "quiet" };
    case "text":
    case "extracted":
      return doubts?.length ? { text: sentence(doubts.join("; ")), weight: "doubt" } : undefined;
    case "opened":
      return doubts?.length
        ? { text: sentence(doubts.join("; ")), weight: "doubt" }
        : { text: sentence(reason ?? "Contains documents"), weight: "quiet" };
    case "no_text":
      return {
        text: kind === "image" ? "Not read" : sentence(reason ?? "Contains no text"),
        weight: kind === "pdf" ? "problem" : "quiet",
      };
    case "skipped":
      // The row already says that it is an image.
      return { text: kind === "image" ? "Not read" : `Left out: ${reason ?? "Plumb cannot read it"}`, weight: "quiet" };
    case "failed":
      return { text: sentence(reason ?? "Plumb could not read it"), weight: "problem" };
  }
}

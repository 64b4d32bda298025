import type { ChangedSource } from "../bindings/ChangedSource";
import { count, fileName, plural } from "../text/format";

/** Number of changed sources that are named. */
const MAX_NAMED = 5;

/** "2 sources have changed since this answer: a.txt, b.pdf (gone)" */
export function changedWords(changed: readonly ChangedSource[]): string {
  const gone = changed.filter((source) => source.gone).length;
  const what =
    gone === changed.length
      ? `${plural(gone, "source")} of this answer ${gone === 1 ? "is" : "are"} gone`
      : `${plural(changed.length, "source")} ${changed.length === 1 ? "has" : "have"} changed since this answer`;
  const names = changed.slice(0, MAX_NAMED).map(({ path, gone: away }) => {
    const name = fileName(path);
    // If all of them are gone, the sentence already says so.
    return away && gone < changed.length ? `${name} (gone)` : name;
  });
  const more = changed.length > MAX_NAMED ? ` and ${count(changed.length - MAX_NAMED)} more` : "";
  return `${what}: ${names.join(", ")}${more}`;
}

import type { ChangedSource } from "../bindings/ChangedSource";
import { count, fileName, plural } from "../text/format";

/** As many are named. */
const NAMED = 5;

/** "2 sources have changed since this answer: a.txt, b.pdf (gone)" */
export function changedWords(changed: readonly ChangedSource[]): string {
  const gone = changed.filter((source) => source.gone).length;
  const what =
    gone === changed.length
      ? `${plural(gone, "source")} of this answer ${gone === 1 ? "is" : "are"} gone`
      : `${plural(changed.length, "source")} ${changed.length === 1 ? "has" : "have"} changed since this answer`;
  const names = changed.slice(0, NAMED).map(({ path, gone: away }) => {
    const name = fileName(path);
    // Where all are gone, that has been said.
    return away && gone < changed.length ? `${name} (gone)` : name;
  });
  const more = changed.length > NAMED ? ` and ${count(changed.length - NAMED)} more` : "";
  return `${what}: ${names.join(", ")}${more}`;
}

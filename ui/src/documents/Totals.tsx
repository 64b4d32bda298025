import { useMutation } from "@tanstack/react-query";
import type { LeftOut } from "../bindings/LeftOut";
import type { Library } from "../bindings/Library";
import { MAX_DOCUMENTS } from "../data/queries";
import { report } from "../data/trouble";
import { Pulse } from "../parts/Pulse";
import { usePlatform } from "../platform";
import { bytes, count, plural, short } from "../text/format";
import { leftOutWords } from "./leftOut";
import s from "./Totals.module.css";

interface Props {
  library: Library;
  leftOut?: LeftOut[];
  /** Number of entries in the list. */
  listed?: number;
}

/** The size of a library, and the files left out with the reasons. */
export function Totals({ library, leftOut = [], listed = 0 }: Props) {
  const { overview, found } = library;
  const words = leftOutWords(leftOut);
  return (
    <div className={s.totals} data-testid="totals">
      {overview ? (
        <p className="num">
          <b>{plural(overview.documents, "document")}</b>, {bytes(overview.bytes)}, about {short(overview.tokens_estimate)} tokens
        </p>
      ) : (
        <p className={`${s.looking} num`} role="status">
          <Pulse />
          {found > 0 ? `Found ${plural(found, "document")} so far…` : "Looking through the folder…"}
        </p>
      )}
      {words && <p data-testid="left-out-words">Left out: {words}</p>}
      {listed >= MAX_DOCUMENTS && <p>This list shows the first {count(listed)}. Your questions cover all of them.</p>}
      {library.not_watched !== undefined && <NotWatched library={library} reason={library.not_watched} />}
    </div>
  );
}

function NotWatched({ library, reason }: { library: Library; reason: string }) {
  const platform = usePlatform();
  const rescan = useMutation({
    mutationFn: () => platform.call("rescan", { library: library.id }),
    onError: report,
  });
  return (
    <p data-testid="not-watched">
      New and changed files appear when you return to this window, because {reason}.{" "}
      <button type="button" className={s.link} disabled={rescan.isPending} onClick={() => rescan.mutate()}>
        {rescan.isPending ? "Looking…" : "Look now"}
      </button>
    </p>
  );
}

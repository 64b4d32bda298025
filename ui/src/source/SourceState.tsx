import type { Lines } from "../bindings/Lines";
import type { SourcePlace } from "../data/place";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { count } from "../text/format";
import { isCut } from "./longLines";
import s from "./SourceView.module.css";

interface Props {
  source: SourcePlace;
  text: Lines;
  asNow: boolean;
  onAsNow(asNow: boolean): void;
}

/** A cited line that is not shown as a whole: what is cited may lie in the rest of it. */
export function LongLine({ source: { citation, startLine, endLine }, text }: Pick<Props, "source" | "text">) {
  if (!citation?.quote || !isCut(text, startLine, endLine)) return null;
  return (
    <div className={s.notes} data-testid="source-long-line">
      <Banner calm>This line is too long to be shown whole. What is cited of it: “{citation.quote}”</Banner>
    </div>
  );
}

/** Whether what is shown is what the answer was made from. */
export function SourceState({ source: { citation, library, run }, text, asNow, onAsNow }: Props) {
  if (text.kept) {
    const { first, last } = text.kept;
    const part = first > 1 || last < text.total_lines ? ` Of it, lines ${count(first)} to ${count(last)} were kept.` : "";
    return (
      <div className={s.notes} data-testid="source-kept">
        <Banner calm acts={library !== undefined && <Button onClick={() => onAsNow(true)}>Show the file as it is now</Button>}>
          {library === undefined
            ? "This library is not on the list any more. Shown is what was read for this answer."
            : "The file has changed since this answer. Shown is what was read then."}
          {part}
        </Banner>
      </div>
    );
  }
  if (!citation?.digest || text.digest === citation.digest) return null;
  return (
    <div className={s.notes} data-testid="source-changed">
      <Banner
        title="This document has changed since the answer"
        acts={asNow && run !== undefined && <Button onClick={() => onAsNow(false)}>Show what was read then</Button>}
      >
        Shown is the file as it is now: the lines may have moved.{citation.quote && ` What stood there then: “${citation.quote}”`}
      </Banner>
    </div>
  );
}

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

/** Shows the quote if the cited line is too long to be shown whole: the quote may lie in the hidden part. */
export function LongLine({ source: { citation, startLine, endLine }, text }: Pick<Props, "source" | "text">) {
  if (!citation?.quote || !isCut(text, startLine, endLine)) return null;
  return (
    <div className={s.notes} data-testid="source-long-line">
      <Banner calm>This line is too long to show whole. The cited words are: “{citation.quote}”</Banner>
    </div>
  );
}

/** Says whether the text shown is the version that the run read. */
export function SourceState({ source: { citation, library, run }, text, asNow, onAsNow }: Props) {
  if (text.kept) {
    const { first, last } = text.kept;
    const part = first > 1 || last < text.total_lines ? ` Plumb kept lines ${count(first)} to ${count(last)} of it.` : "";
    return (
      <div className={s.notes} data-testid="source-kept">
        <Banner calm acts={library !== undefined && <Button onClick={() => onAsNow(true)}>Show the current file</Button>}>
          {library === undefined
            ? "This library is no longer on the list. Showing the version Plumb read."
            : "The file has changed since this answer. Showing the version Plumb read."}
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
        acts={asNow && run !== undefined && <Button onClick={() => onAsNow(false)}>Show the version Plumb read</Button>}
      >
        Showing the current file, where the lines may have moved.{citation.quote && ` The cited words were: “${citation.quote}”`}
      </Banner>
    </div>
  );
}

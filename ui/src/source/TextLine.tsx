import { memo, useState } from "react";
import { cx } from "../parts/cx";
import { count, plural } from "../text/format";
import s from "./TextView.module.css";

/** Number of characters of a line drawn at first: some files are a single line. */
const INITIAL_CHARS = 4_000;

interface Props {
  number: number;
  text: string | undefined;
  /** Number of characters at its end that the host did not send. */
  cut: number;
  heading: string | undefined;
  row: number | undefined;
  cited: boolean;
  /** Plumb did not keep this line. */
  missing: boolean;
}

/** A line of text with its number, and its page or sheet above it where one begins. */
export const TextLine = memo(function TextLine({ number, text, cut, heading, row, cited, missing }: Props) {
  const [most, setMost] = useState(INITIAL_CHARS);
  // A cited line is drawn whole: the cited words may be anywhere in it.
  const over = cited ? 0 : (text?.length ?? 0) - most;
  return (
    <div className={cx(s.line, cited && s.cited)} data-line={number} data-testid={cited ? "source-line-highlight" : undefined}>
      {heading && <div className={s.heading}>{heading}</div>}
      <i aria-hidden>{row === undefined ? number : `row ${count(row)}`}</i>
      <span className={s.words}>
        {over > 0 ? text?.slice(0, most) : text}
        {over > 0 && (
          <button type="button" className={s.more} onClick={() => setMost(most * 10)}>
            … {count(over + cut)} more characters
          </button>
        )}
        {over <= 0 && cut > 0 && <span className={s.missing}>… {plural(cut, "more character")} in this line</span>}
        {missing && <span className={s.missing}>not kept</span>}
      </span>
    </div>
  );
});

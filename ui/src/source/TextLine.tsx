import { memo, useState } from "react";
import { cx } from "../parts/cx";
import { count, plural } from "../text/format";
import s from "./TextView.module.css";

/** Characters of one line that are drawn at first: some files are a single line. */
const LONG = 4_000;

interface Props {
  number: number;
  text: string | undefined;
  /** Characters at its end that are not here. */
  cut: number;
  heading: string | undefined;
  row: number | undefined;
  cited: boolean;
  /** It is none of the lines that were kept. */
  missing: boolean;
}

export const TextLine = memo(function TextLine({ number, text, cut, heading, row, cited, missing }: Props) {
  const [most, setMost] = useState(LONG);
  // Of a cited line all is drawn that is here: the cited words may stand anywhere in it.
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

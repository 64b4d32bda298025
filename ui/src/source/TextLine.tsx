import { memo, useState } from "react";
import { cx } from "../parts/cx";
import { count } from "../text/format";
import s from "./TextView.module.css";

/** Characters of one line that are drawn at first: some files are a single line. */
const LONG = 4_000;

interface Props {
  number: number;
  text: string | undefined;
  heading: string | undefined;
  row: number | undefined;
  cited: boolean;
  /** It is none of the lines that were kept. */
  missing: boolean;
}

export const TextLine = memo(function TextLine({ number, text, heading, row, cited, missing }: Props) {
  const [most, setMost] = useState(LONG);
  const over = (text?.length ?? 0) - most;
  return (
    <div className={cx(s.line, cited && s.cited)} data-line={number} data-testid={cited ? "source-line-highlight" : undefined}>
      {heading && <div className={s.heading}>{heading}</div>}
      <i aria-hidden>{row === undefined ? number : `row ${count(row)}`}</i>
      <span className={s.words}>
        {over > 0 ? text?.slice(0, most) : text}
        {over > 0 && (
          <button type="button" className={s.more} onClick={() => setMost(most * 10)}>
            … {count(over)} more characters
          </button>
        )}
        {missing && <span className={s.missing}>not kept</span>}
      </span>
    </div>
  );
});

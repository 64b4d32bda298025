import { memo, useMemo } from "react";
import type { PageImage } from "../bindings/PageImage";
import { cx } from "../parts/cx";
import s from "./PageView.module.css";
import { runsOf } from "./pageWords";

interface Props {
  page: number;
  image: PageImage;
  /** In CSS pixels. */
  width: number;
  cited: { first: number; last: number } | undefined;
  /** Another page is loading. */
  old: boolean;
}

const percent = (part: number) => `${part * 100}%`;

/** A page: its image, the cited words marked, and selectable text over it. */
export const PageSheet = memo(function PageSheet({ page, image, width, cited, old }: Props) {
  const ratio = image.height / image.width;
  const runs = useMemo(() => runsOf(image.words, ratio), [image.words, ratio]);
  const height = width * ratio;
  return (
    <div className={s.sheet} style={{ width, height }} aria-busy={old}>
      <img className={s.image} src={`data:image/png;base64,${image.png}`} alt={`Page ${page}`} width={width} height={height} />
      {runs.map((run, i) => {
        const marked = !old && !!cited && run.line >= cited.first && run.line <= cited.last;
        return (
          <div
            key={i}
            className={cx(s.run, marked && s.marked)}
            data-testid={marked ? "source-line-highlight" : undefined}
            data-line={run.line}
            style={{
              left: percent(run.left),
              top: percent(run.top),
              width: percent(run.width),
              height: percent(run.height),
              fontSize: run.height * height * 0.8,
              lineHeight: `${run.height * height}px`,
            }}
          >
            {run.words.map((word, j) => (
              <span key={j} style={{ width: word.width * width }}>
                {/* Spaces and line ends, so that copied text keeps them. */}
                {j < run.words.length - 1 ? `${word.text} ` : `${word.text}\n`}
              </span>
            ))}
          </div>
        );
      })}
    </div>
  );
});

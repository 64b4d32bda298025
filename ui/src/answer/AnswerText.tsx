import type { Element } from "hast";
import { memo, useMemo, type ComponentProps } from "react";
import Markdown, { type Components } from "react-markdown";
import type { Citation } from "../bindings/Citation";
import { useNavigation } from "../data/place";
import { Tip } from "../parts/Button";
import { cx } from "../parts/cx";
import { usePlatform } from "../platform";
import { rehypePlugins, remarkPlugins } from "../run/answerMarkdown";
import { takeCitations, type Cited } from "../run/citations";
import { checkWords } from "../source/words";
import { fileName } from "../text/format";
import s from "./AnswerText.module.css";

interface Props {
  answer: string;
  citations: Citation[];
  library: string | undefined;
  run: string;
  /** The answer is still streaming in. */
  arriving: boolean;
}

/** An answer, with a chip at each place it cites. */
export const AnswerText = memo(function AnswerText({ answer, citations, library, run, arriving }: Props) {
  const { text, cited } = useMemo(() => takeCitations(answer, citations, arriving), [answer, citations, arriving]);
  const components = useMemo(
    (): Components => ({
      a: OutsideLink,
      img: Picture,
      table: ({ children }) => (
        <div className={s.table} tabIndex={0} role="group" aria-label="Table">
          <table>{children}</table>
        </div>
      ),
      cite: ({ node }) => {
        const place = cited[Number((node as Element).properties.dataIndex)];
        return place ? <Chip place={place} library={library} run={run} /> : null;
      },
    }),
    [cited, library, run],
  );
  return (
    <div className={s.text} data-testid="answer" aria-busy={arriving}>
      <Markdown remarkPlugins={remarkPlugins} rehypePlugins={rehypePlugins(cited.length)} components={components}>
        {text}
      </Markdown>
    </div>
  );
});

/** A link that opens in your browser, and only when you click it. */
function OutsideLink({ href, children }: ComponentProps<"a">) {
  const { openExternal } = usePlatform();
  if (!href || !/^(https?|mailto):/i.test(href)) return <span>{children}</span>;
  return (
    <a
      href={href}
      title={href}
      className={s.link}
      rel="noreferrer"
      onClick={(event) => {
        event.preventDefault();
        openExternal(href);
      }}
    >
      {children}
    </a>
  );
}

/** Text in place of a picture: loading it from the web would tell its server that you read the answer. */
const Picture = ({ alt }: ComponentProps<"img">) => <span className={s.picture}>[picture{alt ? `: ${alt}` : ""}]</span>;

function Chip({ place, library, run }: { place: Cited; library: string | undefined; run: string }) {
  const { place: at, go } = useNavigation();
  const { number, path, startLine, endLine, found } = place;
  const where = `${fileName(path)}, ${found?.place ?? (startLine === endLine ? `line ${startLine}` : `lines ${startLine}–${endLine}`)}`;
  const check = found && checkWords[found.verified].title;
  const notes = found?.notes ?? [];
  const said = [where, ...(check ? [check] : []), ...notes];
  const open = at.source?.number === number && at.source.path === path && at.tab === "source";
  return (
    <Tip text={said.join(" · ")}>
      <button
        type="button"
        data-testid="citation-chip"
        data-verified={found?.verified}
        aria-pressed={open}
        data-notes={notes.length || undefined}
        aria-label={`Source ${number}: ${said.join(", ")}`}
        className={cx(s.chip, found ? s[found.verified] : s.waiting)}
        onClick={() =>
          go({
            tab: "source",
            aside: true,
            source: {
              library,
              run,
              path: found?.path ?? path,
              startLine: found?.start_line ?? startLine,
              endLine: found?.end_line ?? endLine,
              citation: found,
              number,
            },
          })
        }
      >
        {number}
        {notes.length > 0 && <span className={s.noted} aria-hidden />}
      </button>
    </Tip>
  );
}

import { useMemo, useState } from "react";
import type { Lines } from "../bindings/Lines";
import type { SourcePlace } from "../data/place";
import { useListed } from "../data/queries";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { Segments } from "../parts/Segments";
import { toFailure } from "../platform";
import { count } from "../text/format";

import { NumberField } from "./NumberField";
import { PageTools } from "./PageTools";
import { PageView } from "./PageView";
import { firstLineOf, pageOf } from "./places";
import { SourceHead } from "./SourceHead";
import { LongLine, SourceState } from "./SourceState";
import tools from "./SourceTools.module.css";
import s from "./SourceView.module.css";
import { TextView } from "./TextView";
import { useText, type TextOf } from "./useLines";
import type { Zoom } from "./zoom";

type Look = "page" | "text";

const looks = [
  ["page", "Page"],
  ["text", "Text"],
] as const satisfies readonly (readonly [Look, string])[];

/** A document, opened at the cited lines. */
export function SourceView({ source }: { source: SourcePlace }) {
  const { path, library, run } = source;
  // The key resets the view for each document.
  return <Opened key={`${library}\n${path}\n${run}`} source={source} />;
}

function Opened({ source: asked }: { source: SourcePlace }) {
  const library = useListed(asked.library);
  const source = useMemo(() => ({ ...asked, library }), [asked, library]);
  const { path, run, startLine, citation } = source;
  /** Shows the current file instead of the version that the run read. */
  const [asNow, setAsNow] = useState(false);
  // A library that was removed from the list has no documents, but the run still holds the lines it read.
  const of: TextOf = { library: source.library ?? "", path, run: asNow ? undefined : run };
  const there = source.library !== undefined || of.run !== undefined;
  const text = useText(of, startLine);
  const error = text.error && toFailure(text.error);
  const kind = text.data?.kind ?? source.kind ?? (/\.pdf$/i.test(path) ? "pdf" : undefined);
  return (
    <div className={s.view} data-testid="source-view" data-path={path}>
      <SourceHead source={source} kind={kind} notes={text.data?.notes ?? []}>
        {there && text.data && (
          <>
            <SourceState source={source} text={text.data} asNow={asNow} onAsNow={setAsNow} />
            <LongLine source={source} text={text.data} />
          </>
        )}
      </SourceHead>
      {!there || (error && (error.code !== "no_text" || kind !== "pdf")) ? (
        <div className={s.pad}>
          {there && error ? (
            <Banner
              title="Plumb could not open this document"
              acts={asNow && <Button onClick={() => setAsNow(false)}>Show the version Plumb read</Button>}
            >
              {error.message}
            </Banner>
          ) : (
            <Banner calm>
              This library is no longer on the list. Add its folder again to open the document.
              {citation?.quote && " This is the text Plumb cited:"}
            </Banner>
          )}
          {citation?.quote && <blockquote className={s.quote}>{citation.quote}</blockquote>}
        </div>
      ) : (
        <Contents
          key={String(asNow)}
          source={source}
          of={of}
          text={text.data}
          // Until the kind is known, a page view might have to be replaced by text.
          pdf={kind === "pdf" && text.data?.kept === undefined && (text.data !== undefined || error !== null)}
          noText={error?.message}
        />
      )}
    </div>
  );
}

interface ContentsProps {
  source: SourcePlace;
  of: TextOf;
  text: Lines | undefined;
  pdf: boolean;
  /** Why the document has no text. */
  noText: string | undefined;
}

function Contents({ source, of, text, pdf, noText }: ContentsProps) {
  const { startLine, endLine, citation } = source;
  const places = useMemo(() => text?.places ?? [], [text]);
  // A scan has no text that tells the number of pages; its first image does.
  const [drawn, setDrawn] = useState<number>();
  const pages = pdf && places.length > 0 ? places.length : drawn;
  const [look, setLook] = useState<Look>("page");
  const [turned, setTurned] = useState<number | null>(null);
  const [zoom, setZoom] = useState<Zoom>("fit");
  const [aim, setAim] = useState({ line: startLine });
  // A new place in the same document resets the page and the line.
  const [shown, setShown] = useState(source);
  if (shown !== source) {
    setShown(source);
    setTurned(null);
    setAim({ line: startLine });
  }

  const citedPage = pageOf(places, startLine);
  const page = turned ?? citedPage;
  const turn = (to: number) => setTurned(Math.max(1, Math.min(to, pages ?? to)));
  const cited = citation && { first: startLine, last: endLine };
  const chooseLook = (chosen: Look) => {
    // The text opens at the page you were on.
    if (chosen === "text") setAim({ line: page === citedPage ? startLine : firstLineOf(places, page) });
    setLook(chosen);
  };
  const showsPage = pdf && look === "page";
  return (
    <>
      {(text || pdf) && (
        <div className={tools.tools}>
          {pdf && text && <Segments label="View of the document" value={look} options={looks} onChange={chooseLook} />}
          {showsPage ? (
            <PageTools page={page} pages={pages} zoom={zoom} onPage={turn} onZoom={setZoom} />
          ) : (
            text && (
              <span className={tools.end}>
                Line
                <NumberField
                  label="Go to line"
                  testid="line-number"
                  value={aim.line}
                  most={text.total_lines}
                  onChoose={(line) => {
                    setAim({ line });
                    if (pdf) setTurned(pageOf(places, line));
                  }}
                />
                <span className="num">of {count(text.total_lines)}</span>
              </span>
            )
          )}
        </div>
      )}
      {noText !== undefined && (
        <div className={s.note}>
          <Banner calm>{noText} You can still look at its pages.</Banner>
        </div>
      )}
      {showsPage ? (
        <PageView
          library={of.library}
          path={of.path}
          digest={text?.digest}
          page={page}
          pages={pages}
          zoom={zoom}
          cited={cited}
          onPage={turn}
          onPages={setDrawn}
          onZoom={setZoom}
          onText={text && (() => chooseLook("text"))}
        />
      ) : text ? (
        <TextView of={of} total={text.total_lines} places={places} kept={text.kept} cited={cited} aim={aim} />
      ) : (
        <p className={s.opening} role="status">
          Opening…
        </p>
      )}
    </>
  );
}

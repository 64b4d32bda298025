import { useMemo, useRef, useState } from "react";
import type { Lines } from "../bindings/Lines";
import { useListed } from "../data/host";
import type { SourcePlace } from "../data/place";
import { toFailure } from "../platform";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { Segments } from "../parts/Segments";
import { count } from "../text/format";
import { useShortcuts } from "../useShortcuts";
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

/** A document, opened at the lines that were named. */
export function SourceView({ source }: { source: SourcePlace }) {
  const { path, library, run } = source;
  // What was chosen of one document says nothing about the next.
  return <Opened key={`${library}\n${path}\n${run}`} source={source} />;
}

function Opened({ source: asked }: { source: SourcePlace }) {
  const library = useListed(asked.library);
  const source = useMemo(() => ({ ...asked, library }), [asked, library]);
  const { path, run, startLine, citation } = source;
  /** As it is now, though a run has cited it as it was. */
  const [asNow, setAsNow] = useState(false);
  // A library that is off the list has no documents any more; what a run has kept of them is still there.
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
              title="This document could not be opened"
              acts={asNow && <Button onClick={() => setAsNow(false)}>Show what was read then</Button>}
            >
              {error.message}
            </Banner>
          ) : (
            <Banner calm>
              This library is not on the list any more. Add its folder again to open the document
              {citation?.quote ? "; this is what stood there:" : "."}
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
          // Until it is known what it is, nothing is shown that would be taken back.
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
  /** Why there is no text. */
  noText: string | undefined;
}

function Contents({ source, of, text, pdf, noText }: ContentsProps) {
  const { startLine, endLine, citation } = source;
  const places = useMemo(() => text?.places ?? [], [text]);
  // A scan has no text that could tell how many pages there are; its first image does.
  const [drawn, setDrawn] = useState<number>();
  const pages = pdf && places.length > 0 ? places.length : drawn;
  const [look, setLook] = useState<Look>("page");
  const [turned, setTurned] = useState<number | null>(null);
  const [zoom, setZoom] = useState<Zoom>("fit");
  const [aim, setAim] = useState({ line: startLine });
  // Another place in the same document.
  const [shown, setShown] = useState(source);
  if (shown !== source) {
    setShown(source);
    setTurned(null);
    setAim({ line: startLine });
  }
  const field = useRef<HTMLInputElement>(null);
  useShortcuts(useMemo(() => ({ "ctrl+g": () => field.current?.focus() }), []));

  const citedPage = pageOf(places, startLine);
  const page = turned ?? citedPage;
  const turn = (to: number) => setTurned(Math.max(1, Math.min(to, pages ?? to)));
  const cited = citation && { first: startLine, last: endLine };
  const chooseLook = (chosen: Look) => {
    // The text opens where the page was, and the page where the text was sought.
    if (chosen === "text") setAim({ line: page === citedPage ? startLine : firstLineOf(places, page) });
    setLook(chosen);
  };
  const showsPage = pdf && look === "page";
  return (
    <>
      {(text || pdf) && (
        <div className={tools.tools}>
          {pdf && text && <Segments label="How the document is shown" value={look} options={looks} onChange={chooseLook} />}
          {showsPage ? (
            <PageTools page={page} pages={pages} zoom={zoom} onPage={turn} onZoom={setZoom} field={field} />
          ) : (
            text && (
              <span className={tools.end}>
                Line
                <NumberField
                  ref={field}
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
          <Banner calm>{noText} Its pages can be looked at.</Banner>
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

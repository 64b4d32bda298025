import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronLeft } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useNavigation, type SourcePlace } from "../data/place";
import { Banner } from "../parts/Banner";
import { cx } from "../parts/cx";
import { usePlatform } from "../platform";
import { count, fileName, folderOf } from "../text/format";
import s from "./SourceView.module.css";
import { checkWords } from "./words";

/** Lines are read in pieces of this many. */
const PIECE = 200;

/** A document, opened at the lines that were named. */
export function SourceView({ source }: { source: SourcePlace }) {
  const { go } = useNavigation();
  const { citation, path, library } = source;
  const check = citation && checkWords[citation.verified];
  const [digest, setDigest] = useState<string | null>(null);
  const changed = !!citation?.digest && digest !== null && digest !== citation.digest;
  return (
    <div className={s.view} data-testid="source-view" data-path={path}>
      <div className={s.head}>
        <button type="button" className={s.back} onClick={() => go({ source: null })}>
          <ChevronLeft size={13} /> All sources
        </button>
        <h2 className={s.name}>
          {fileName(path)}
          {citation && `, ${citation.place}`}
        </h2>
        {folderOf(path) && <div className={`${s.folder} clip`}>{folderOf(path)}</div>}
        {check && (
          <div className={s.check} data-check={citation.verified}>
            <b>{check.title}.</b> {check.about}
          </div>
        )}
        {changed && (
          <div className={s.notes}>
            <Banner title="This document has changed since the answer">
              The lines may have moved. What stood there then: “{citation.quote}”
            </Banner>
          </div>
        )}
      </div>
      {library ? (
        <Lines key={`${library}\n${path}`} library={library} source={source} onDigest={setDigest} />
      ) : (
        <>
          <div className={s.pad}>
            <Banner calm>
              This library is not on the list any more. Add its folder again to open the document
              {citation?.quote ? "; this is what stood there:" : "."}
            </Banner>
          </div>
          {citation?.quote && <blockquote className={s.quote}>{citation.quote}</blockquote>}
        </>
      )}
    </div>
  );
}

function Lines({ library, source, onDigest }: { library: string; source: SourcePlace; onDigest(digest: string): void }) {
  const platform = usePlatform();
  const { path, startLine, endLine } = source;
  const scroll = useRef<HTMLDivElement>(null);
  const [pieces, setPieces] = useState<number[]>([Math.floor(Math.max(0, startLine - 1) / PIECE)]);
  const { total, lines, places, digest, error } = useQueries({
    queries: pieces.map((piece) => ({
      queryKey: ["read_lines", library, path, piece],
      queryFn: () => platform.call("read_lines", { library, path, start_line: piece * PIECE + 1, max_lines: PIECE }),
      // Files change under us; a look now and then is cheap.
      staleTime: 10_000,
    })),
    combine: (results) => {
      const parts = results.flatMap((r) => (r.data ? [r.data] : []));
      return {
        total: parts[0]?.total_lines,
        digest: parts[0]?.digest,
        lines: new Map(parts.flatMap((part) => part.lines.map((text, i) => [part.start_line + i, text] as const))),
        places: new Map(parts.flatMap((part) => part.places.map(({ line, place }) => [line, place] as const))),
        error: results.find((r) => r.error)?.error,
      };
    },
  });
  // eslint-disable-next-line react-hooks/incompatible-library -- the lines are drawn here and nowhere else
  const virtual = useVirtualizer({
    count: total ?? 0,
    getScrollElement: () => scroll.current,
    estimateSize: () => 20,
    overscan: 30,
    initialOffset: Math.max(0, (startLine - 8) * 20),
  });
  const items = virtual.getVirtualItems();

  useEffect(() => {
    if (digest) onDigest(digest);
  }, [digest, onDigest]);

  const ready = total !== undefined;
  useEffect(() => {
    if (!ready) return undefined;
    // Lines that wrap are measured as they are drawn, so the place is sought again once they are.
    const seek = () =>
      virtual.scrollToIndex(Math.max(0, startLine - 1), { align: endLine - startLine > 12 ? "start" : "center" });
    seek();
    const timers = [50, 200].map((ms) => setTimeout(seek, ms));
    return () => timers.forEach(clearTimeout);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only a new place moves the view
  }, [ready, startLine, endLine]);

  const wanted = [...new Set(items.map((item) => Math.floor(item.index / PIECE)))].filter((piece) => !pieces.includes(piece));
  if (wanted.length > 0) setPieces([...pieces, ...wanted]);

  if (error) {
    return (
      <div className={s.pad}>
        <Banner title="This document could not be opened">{error.message}</Banner>
        {source.citation?.quote && <blockquote className={s.quote}>{source.citation.quote}</blockquote>}
      </div>
    );
  }
  return (
    <div
      className={s.scroll}
      ref={scroll}
      tabIndex={0}
      role="region"
      aria-label={`${fileName(path)}${total ? `, ${count(total)} lines` : ""}`}
    >
      <div className={s.lines} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const number = item.index + 1;
          const cited = number >= startLine && number <= endLine && !!source.citation;
          const page = places.get(number);
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              data-testid={cited ? "source-line-highlight" : undefined}
              className={cx(s.line, cited && s.cited)}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {page && <div className={s.page}>{page}</div>}
              <i aria-hidden>{number}</i>
              <span className={s.words}>{lines.get(number) ?? ""}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

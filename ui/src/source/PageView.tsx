import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { PageSheet } from "./PageSheet";
import s from "./PageView.module.css";
import { imageWidth, trueWidth } from "./pageWords";
import { usePage } from "./usePage";
import { zooms, type Zoom } from "./zoom";

interface Props {
  library: string;
  path: string;
  /** Changes when the document changes. */
  digest: string | undefined;
  page: number;
  pages: number | undefined;
  zoom: Zoom;
  cited: { first: number; last: number } | undefined;
  onPage(page: number): void;
  /** Called with the number of pages once a page is drawn. */
  onPages(pages: number): void;
  onZoom(zoom: Zoom): void;
  /** Shows the text instead. Absent if there is none. */
  onText: (() => void) | undefined;
}

const MARGIN_PX = 18;

/** The pages of a PDF as images, one at a time. */
export function PageView({ library, path, digest, page, pages, zoom, cited, onPage, onPages, onZoom, onText }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const room = useWidth(box);
  const [points, setPoints] = useState<number>();
  const width = zoom === "fit" ? Math.max(200, room - 2 * MARGIN_PX) : Math.round(trueWidth(points) * zooms[zoom]);
  const { data, error, isPlaceholderData, refetch } = usePage({
    library,
    path,
    digest,
    page,
    pages,
    width: imageWidth(width, window.devicePixelRatio),
    ready: room > 0,
  });
  if (data && data.points !== points) setPoints(data.points);
  const counted = data?.pages;
  useEffect(() => {
    if (counted !== undefined) onPages(counted);
  }, [counted, onPages]);

  // Scrolls to the cited words, or to the top of the page if there are none.
  const ready = data !== undefined && !isPlaceholderData;
  const aim = cited && `${cited.first}-${cited.last}`;
  useEffect(() => {
    if (!ready) return;
    const mark = box.current?.querySelector("[data-testid=source-line-highlight]");
    if (mark) mark.scrollIntoView({ block: "center", inline: "nearest" });
    else box.current?.scrollTo({ top: 0 });
  }, [ready, page, path, aim]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== event.currentTarget) return;
    const names = Object.keys(zooms) as Zoom[];
    const nextZoom = (step: number) => names[Math.max(0, Math.min(names.length - 1, names.indexOf(zoom) + step))] ?? zoom;
    switch (event.key) {
      case "PageDown":
      case "ArrowRight":
        onPage(page + 1);
        break;
      case "PageUp":
      case "ArrowLeft":
        onPage(page - 1);
        break;
      case "Home":
        onPage(1);
        break;
      case "End":
        if (pages !== undefined) onPage(pages);
        break;
      case "+":
        onZoom(nextZoom(1));
        break;
      case "-":
        onZoom(nextZoom(-1));
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      className={s.box}
      tabIndex={0}
      role="region"
      aria-label={pages === undefined ? `Page ${page}` : `Page ${page} of ${pages}`}
      aria-busy={!ready && !error}
      data-testid="source-page"
      data-page={ready ? page : undefined}
      onKeyDown={onKeyDown}
    >
      {error ? (
        <div className={s.pad}>
          <Banner
            title={`Plumb could not draw page ${page}`}
            acts={
              <>
                {onText && <Button onClick={onText}>Show the text</Button>}
                <Button onClick={() => void refetch()}>Try again</Button>
              </>
            }
          >
            {error.message}
          </Banner>
        </div>
      ) : data ? (
        <PageSheet page={page} image={data} width={width} cited={cited} old={isPlaceholderData} />
      ) : (
        <div className={s.blank} style={{ width, height: width * 1.4 }} />
      )}
    </div>
  );
}

/** The current inner width of an element, in pixels; 0 before it is known. */
function useWidth(of: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = of.current;
    if (!element) return undefined;
    const watcher = new ResizeObserver(() => setWidth(element.clientWidth));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [of]);
  return width;
}

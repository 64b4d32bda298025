import { ChevronLeft, ChevronRight } from "lucide-react";
import type { Ref } from "react";
import { IconButton } from "../parts/Button";
import { Segments } from "../parts/Segments";
import { count } from "../text/format";
import { NumberField } from "./NumberField";
import s from "./SourceTools.module.css";
import { zoomWords, type Zoom } from "./zoom";

interface Props {
  page: number;
  pages: number | undefined;
  zoom: Zoom;
  onPage(page: number): void;
  onZoom(zoom: Zoom): void;
  field: Ref<HTMLInputElement>;
}

/** Turns pages and sets how large they are. */
export function PageTools({ page, pages, zoom, onPage, onZoom, field }: Props) {
  return (
    <span className={s.end}>
      <IconButton label="Page before" keys="Page Up" aria-disabled={page <= 1} onClick={() => onPage(page - 1)}>
        <ChevronLeft size={15} />
      </IconButton>
      <NumberField ref={field} label="Page" testid="page-number" value={page} most={pages} onChoose={onPage} />
      {pages !== undefined && <span className="num">of {count(pages)}</span>}
      <IconButton label="Next page" keys="Page Down" aria-disabled={page >= (pages ?? Infinity)} onClick={() => onPage(page + 1)}>
        <ChevronRight size={15} />
      </IconButton>
      <span className={s.zoom}>
        <Segments label="How large the page is" value={zoom} options={zoomWords} onChange={onZoom} />
      </span>
    </span>
  );
}

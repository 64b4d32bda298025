import { ChevronLeft, ChevronRight } from "lucide-react";
import { focusedKeys, keyLabel } from "../actions";
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
}

const { previousPage, nextPage, zoomIn, zoomOut } = focusedKeys;

/** Buttons that turn pages and set the zoom. */
export function PageTools({ page, pages, zoom, onPage, onZoom }: Props) {
  return (
    <span className={s.end}>
      <IconButton
        label={previousPage.name}
        keys={keyLabel(previousPage.keys)}
        aria-disabled={page <= 1}
        onClick={() => onPage(page - 1)}
      >
        <ChevronLeft size={15} />
      </IconButton>
      <NumberField label="Page" testid="page-number" value={page} most={pages} onChoose={onPage} />
      {pages !== undefined && <span className="num">of {count(pages)}</span>}
      <IconButton
        label={nextPage.name}
        keys={keyLabel(nextPage.keys)}
        aria-disabled={page >= (pages ?? Infinity)}
        onClick={() => onPage(page + 1)}
      >
        <ChevronRight size={15} />
      </IconButton>
      <span className={s.zoom} title={`Zoom · ${keyLabel(zoomIn.keys)} or ${keyLabel(zoomOut.keys)}`}>
        <Segments label="Zoom" value={zoom} options={zoomWords} onChange={onZoom} />
      </span>
    </span>
  );
}
